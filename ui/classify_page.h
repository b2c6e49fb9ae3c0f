// The classify page: one picture and its likeliest classes by the current plan, asked for again as
// the plan moves. Decodes off the window's thread.
#pragma once

#include <QImage>
#include <QTimer>
#include <QWidget>

#include <functional>
#include <optional>
#include <vector>

#include "engine/engine_thread.h"

class QLabel;
class QProgressBar;

namespace matmamba
{

class PlanModel;

class ClassifyPage : public QWidget
{
    Q_OBJECT
public:
    /// Asks for the classes of a picture by a plan; the answer comes to showResult() under the
    /// returned generation. Nothing is returned while no engine can answer.
    using Ask = std::function<std::optional<std::uint64_t>(const Plan&, const Picture&)>;
    ClassifyPage(const PlanModel& plan, Ask ask, QWidget* parent = nullptr);

    void openFile(const QString& file); ///< decodes in the background; failed() if it is no picture
    void openImage(const QImage& image, const QString& name); ///< pasted
    void showResult(const Classified& result);
    void forgetResult(); ///< another model: what is shown no longer holds
    /// The answer of `generation` will not come; ends the wait where it is the newest asked for.
    void showFailure(std::uint64_t generation);
    void showCancelled(); ///< nothing asked for so far will be answered
    void askAgain(); ///< where a picture waits without an answer: an engine can answer again

    QString note() const; ///< what is said below the bars
    bool hasPicture() const { return m_picture.has_value(); }
    const std::optional<Classified>& result() const { return m_result; }
    int visibleBars() const;

signals:
    void failed(const QString& sentence);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Decoded {
        Picture picture;
        QImage thumbnail;
        QString error; ///< a sentence, or "" for success
    };
    struct Row {
        QLabel* name;
        QProgressBar* bar;
        QLabel* probability;
    };
    static Decoded decodeFile(const QString& file);
    static Decoded convert(const QImage& image);
    void decodeInBackground(std::function<Decoded()> decode, const QString& name);
    void take(const Decoded& decoded, const QString& name);
    void ask();
    void endWait(const QString& why);
    void elideNames();

    const PlanModel& m_plan;
    Ask m_ask;
    std::optional<Picture> m_picture;
    std::optional<Classified> m_result;
    std::optional<std::uint64_t> m_oldestWanted; ///< answers before it are of another picture
    std::optional<std::uint64_t> m_newestAsked;
    int m_decoding = 0; ///< number of the newest picture asked for; older ones are dropped
    QTimer m_askSoon; ///< a picture may be tens of megabytes: not copied for every slider event
    QLabel* m_thumbnail;
    QLabel* m_title;
    QLabel* m_note;
    std::vector<Row> m_rows;
};

} // namespace matmamba
