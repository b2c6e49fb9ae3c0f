// The classify page: a picture and its likeliest classes by plans A and B side by side, asked for
// again as the plans move. The picture is one of those that the person has opened, decoded off the
// window's thread, or one of the data set, browsed through a filter: where A is right and B wrong.
#pragma once

#include <QList>
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

    /// Shows the first of these pictures and browses them all, instead of those opened before. They
    /// are decoded in the background; what is no picture is told by failed() and passed over.
    void openFiles(const QStringList& files);
    void openImage(const QImage& image, const QString& name); ///< pasted
    void step(int by); ///< to a later or earlier picture of those that are browsed
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
    /// Numbers of what is browsed: samples of the data set that pass the filter so far, or pictures
    /// among those opened.
    const std::vector<std::int64_t>& matching() const { return m_matching; }
    std::optional<std::int64_t> sample() const { return m_sample; }
    QString positionText() const;
    QString title() const;

signals:
    void failed(const QString& sentence);

private:
    struct Opened {
        QString name;
        std::function<DecodedPicture()> decode;
    };
    QWidget* makeBrowser();
    bool browsesOpened() const;
    std::optional<std::int64_t> shownNumber() const; ///< of what is browsed
    void takeFilter();
    /// The picture `number` of those; where it is none the next in the direction of `by`.
    void decodeInBackground(const QList<Opened>& pictures, qsizetype number, int by);
    void take(const DecodedPicture& decoded);
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
    QList<Opened> m_opened;
    qsizetype m_openedNumber = 0; ///< in m_opened: of what is shown or being decoded
    QString m_shownTitle; ///< of the picture, without what A and B say of it
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
