// The classify page: a picture and its likeliest classes by plans A and B side by side, asked for
// again as the plans move. The picture is one of the person's, decoded off the window's thread, or
// one of the data set, browsed through a filter: where A is right and B wrong, say.
#pragma once

#include <QTimer>
#include <QWidget>

#include <functional>
#include <optional>
#include <vector>

#include "engine/engine_thread.h"
#include "engine/measure/predictions.h"
#include "ui/decoded_picture.h"

class QComboBox;
class QLabel;
class QToolButton;

namespace matmamba
{

class PinStore;
class PlanModel;
class RunStore;
class ScoresColumn;

class ClassifyPage : public QWidget
{
    Q_OBJECT
public:
    /// How the page asks; answers come to showResult() and showSample() under the returned
    /// generation. Nothing is returned while no engine can answer.
    struct Ask {
        std::function<std::optional<std::uint64_t>(std::vector<Plan>, const Picture&)> picture;
        std::function<std::optional<std::uint64_t>(std::int64_t index, std::vector<Plan>)> sample;
    };
    ClassifyPage(const PlanModel& plan, const PinStore& pins, const RunStore& runs, Ask ask,
                 QWidget* parent = nullptr);

    void openFile(const QString& file); ///< decodes in the background; failed() if it is no picture
    void openImage(const QImage& image, const QString& name); ///< pasted
    void step(int by); ///< to a later or earlier sample that passes the filter
    void showResult(const Classified& result);
    void showSample(const SampleShown& shown);
    void forgetResult(); ///< another model: what is shown no longer holds
    /// The answer of `generation` will not come; ends the wait where it is the newest asked for.
    void showFailure(std::uint64_t generation);
    void showCancelled(); ///< nothing asked for so far will be answered
    void askAgain(); ///< where a picture waits without an answer: an engine can answer again

    QString note() const; ///< what is said below the bars of A
    bool hasPicture() const { return m_picture.has_value() || m_sample.has_value(); }
    /// What A says; nothing before the first answer.
    const std::optional<PlanScores>& result() const;
    const ScoresColumn& column(int side) const { return *m_columns[side]; } ///< 0 = A, 1 = B
    QComboBox* filterBox() const { return m_filter; }
    /// Numbers of the data set's samples that pass the filter so far.
    const std::vector<std::int64_t>& matching() const { return m_matching; }
    std::optional<std::int64_t> sample() const { return m_sample; }
    QString positionText() const;

signals:
    void failed(const QString& sentence);

private:
    QWidget* makeBrowser();
    void decodeInBackground(std::function<DecodedPicture()> decode, const QString& name);
    void take(const DecodedPicture& decoded, const QString& name);
    void showPicture(const QImage& thumbnail, const QString& title);
    void ask();
    void askSoon();
    std::vector<Plan> plans() const; ///< A, and B where it is another
    void showPlans(const std::vector<PlanScores>& results, int label);
    void takeRun(const Plan& plan);
    void takeMatching();
    void describe();
    void endWait(const QString& why);

    const PlanModel& m_plan;
    const PinStore& m_pins;
    const RunStore& m_runs;
    Ask m_ask;
    std::optional<Picture> m_picture;
    std::optional<std::int64_t> m_sample; ///< of the data set, instead of m_picture
    std::vector<std::int64_t> m_matching;
    std::optional<std::uint64_t> m_oldestWanted; ///< answers before it are of another picture
    std::optional<std::uint64_t> m_newestAsked;
    int m_decoding = 0; ///< number of the newest picture asked for; older ones are dropped
    QTimer m_askSoon; ///< a picture may be tens of megabytes: not copied for every slider event
    QLabel* m_thumbnail;
    QLabel* m_title;
    QLabel* m_agreement;
    QLabel* m_position;
    QComboBox* m_filter;
    QToolButton* m_previous;
    QToolButton* m_next;
    ScoresColumn* m_columns[2];
};

} // namespace matmamba
