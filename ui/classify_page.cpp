#include "ui/classify_page.h"

#include <QComboBox>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QtConcurrentRun>

#include <algorithm>
#include <numeric>

#include "ui/flow_layout.h"
#include "ui/pin_store.h"
#include "ui/plan_model.h"
#include "ui/quantity_text.h"
#include "ui/run_store.h"
#include "ui/scores_column.h"

namespace matmamba
{

namespace
{
constexpr int kAskInterval_ms = 40;
constexpr int kOpenedPictures = -1; ///< in the filter's box, beside each SampleFilter
}

ClassifyPage::ClassifyPage(const PlanModel& plan, const PinStore& pins, const RunStore& runs,
                           Ask ask, QWidget* parent)
    : QWidget(parent)
    , m_plan(plan)
    , m_pins(pins)
    , m_runs(runs)
    , m_ask(std::move(ask))
    , m_thumbnail(new QLabel)
    , m_title(new QLabel)
    , m_agreement(new QLabel)
    , m_columns{new ScoresColumn("A"), new ScoresColumn("B")}
{
    m_thumbnail->setFixedSize(kThumbnail, kThumbnail);
    m_thumbnail->setAlignment(Qt::AlignCenter);
    m_thumbnail->setFrameShape(QFrame::StyledPanel);
    m_thumbnail->setWordWrap(true);
    m_thumbnail->setText(tr("No picture"));
    m_thumbnail->setAccessibleName(tr("Picture to classify"));
    m_title->setText(tr("Drop pictures or a folder of them anywhere in the window, paste one, open "
                        "some (File → Classify pictures…), or browse the data set."));
    m_title->setWordWrap(true);
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);

    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(8);
    grid->addWidget(makeBrowser(), 0, 0, 1, 3);
    grid->addWidget(m_title, 1, 0, 1, 3);
    grid->addWidget(m_thumbnail, 2, 0, Qt::AlignTop);
    grid->addWidget(m_columns[0], 2, 1);
    grid->addWidget(m_columns[1], 2, 2);
    grid->setColumnStretch(1, 1);
    grid->setColumnStretch(2, 1);
    grid->setRowStretch(2, 1);
    forgetResult();

    m_askSoon.setSingleShot(true);
    m_askSoon.setInterval(kAskInterval_ms);
    connect(&m_askSoon, &QTimer::timeout, this, &ClassifyPage::ask);
    connect(&m_plan, &PlanModel::modelChanged, this, [this] {
        for (ScoresColumn* column : m_columns)
            column->setClassNames(m_plan.config().class_names);
    });
    connect(&m_plan, &PlanModel::planChanged, this, &ClassifyPage::askSoon);
    connect(&m_pins, &PinStore::planBChanged, this, &ClassifyPage::askSoon);
    connect(&m_runs, &RunStore::recorded, this, &ClassifyPage::takeRun);
    connect(&m_runs, &RunStore::restarted, this, [this] {
        if (m_sample) { // it was of the data before
            m_sample.reset();
            m_thumbnail->setText(tr("No picture"));
            m_shownTitle.clear();
            m_title->clear();
            forgetResult();
        }
        takeMatching();
    });
}

QWidget* ClassifyPage::makeBrowser()
{
    m_filter = new QComboBox;
    m_filter->addItem(tr("All of the data set"), int(SampleFilter::All));
    m_filter->addItem(tr("A right, B wrong"), int(SampleFilter::OnlyARight));
    m_filter->addItem(tr("B right, A wrong"), int(SampleFilter::OnlyBRight));
    m_filter->addItem(tr("A and B differ"), int(SampleFilter::Differ));
    m_filter->addItem(tr("Opened pictures"), kOpenedPictures);
    m_filter->setAccessibleName(tr("Which pictures to browse"));
    m_filter->setToolTip(tr("Which pictures to browse: of the data set, as far as A and B are "
                            "measured, or those that were dropped, pasted or opened"));
    m_previous = new QToolButton;
    m_previous->setArrowType(Qt::LeftArrow);
    m_previous->setShortcut(QKeySequence("Alt+Left"));
    m_previous->setToolTip(tr("Previous picture (Alt+Left)"));
    m_previous->setAccessibleName(tr("Previous picture"));
    m_next = new QToolButton;
    m_next->setArrowType(Qt::RightArrow);
    m_next->setShortcut(QKeySequence("Alt+Right"));
    m_next->setToolTip(tr("Next picture (Alt+Right)"));
    m_next->setAccessibleName(tr("Next picture"));
    m_position = new QLabel;
    m_agreement->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    m_agreement->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    auto* row = new QWidget;
    auto* layout = new FlowLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    for (QWidget* part :
         std::initializer_list<QWidget*>{m_filter, m_previous, m_next, m_position, m_agreement})
        layout->addWidget(part);
    connect(m_filter, &QComboBox::currentIndexChanged, this, &ClassifyPage::takeFilter);
    connect(m_filter, &QComboBox::activated, this, [this] {
        if (!m_sample && !browsesOpened()) // a picture of the person's own was shown
            step(1);
    });
    connect(m_previous, &QToolButton::clicked, this, [this] { step(-1); });
    connect(m_next, &QToolButton::clicked, this, [this] { step(1); });
    return row;
}

bool ClassifyPage::browsesOpened() const
{
    return m_filter->currentData().toInt() == kOpenedPictures;
}

void ClassifyPage::takeFilter()
{
    takeMatching();
    if (!m_sample || m_matching.empty())
        return;
    if (browsesOpened()) {
        decodeInBackground(m_opened, m_openedNumber, 1);
    } else if (!std::binary_search(m_matching.begin(), m_matching.end(), *m_sample)) {
        m_sample.reset();
        step(1);
    }
}

void ClassifyPage::openFiles(const QStringList& files)
{
    QList<Opened> pictures;
    for (const QString& file : files)
        pictures.append({QFileInfo(file).fileName(), [file] { return decodeFile(file); }});
    if (!pictures.isEmpty())
        decodeInBackground(pictures, 0, 1);
}

void ClassifyPage::openImage(const QImage& image, const QString& name)
{
    decodeInBackground({{name, [image] { return convertImage(image); }}}, 0, 1);
}

void ClassifyPage::decodeInBackground(const QList<Opened>& pictures, qsizetype number, int by)
{
    const int request = ++m_decoding;
    QtConcurrent::run(pictures[number].decode)
        .then(this, [this, request, pictures, number, by](const DecodedPicture& decoded) {
            if (request != m_decoding)
                return;
            if (decoded.error.isEmpty()) {
                m_opened = pictures;
                m_openedNumber = number;
                take(decoded);
                return;
            }
            emit failed(decoded.error);
            QList<Opened> others = pictures;
            others.removeAt(number);
            const qsizetype count = others.size();
            if (count > 0)
                decodeInBackground(others, (by < 0 ? number - 1 + count : number) % count, by);
        });
}

void ClassifyPage::take(const DecodedPicture& decoded)
{
    m_picture = decoded.picture;
    m_sample.reset();
    showPicture(decoded.thumbnail,
                tr("%1, %2 × %3")
                    .arg(m_opened[m_openedNumber].name, QString::number(decoded.picture.width),
                         QString::number(decoded.picture.height)));
    forgetResult();
    m_filter->setCurrentIndex(m_filter->findData(kOpenedPictures));
    takeMatching();
    ask();
}

void ClassifyPage::showPicture(const QImage& thumbnail, const QString& title)
{
    const int edge = kThumbnail - 2 * m_thumbnail->frameWidth();
    m_thumbnail->setPixmap(QPixmap::fromImage(thumbnail).scaled(edge, edge, Qt::KeepAspectRatio,
                                                                Qt::SmoothTransformation));
    m_thumbnail->setAccessibleName(tr("Picture to classify: %1").arg(title));
    m_shownTitle = title;
    m_title->setText(title);
}

void ClassifyPage::step(int by)
{
    if (m_matching.empty())
        return;
    // Where the shown sample is none of those that match: to the next that is.
    auto place = m_matching.begin();
    if (const auto number = shownNumber()) {
        const auto here = std::lower_bound(m_matching.begin(), m_matching.end(), *number);
        const bool shown = here != m_matching.end() && *here == *number;
        const auto count = std::ptrdiff_t(m_matching.size());
        std::ptrdiff_t next = here - m_matching.begin() + (by > 0 && !shown ? by - 1 : by);
        next = (next % count + count) % count; // round the end
        place += next;
    }
    if (browsesOpened()) {
        m_openedNumber = qsizetype(*place);
        describe();
        decodeInBackground(m_opened, m_openedNumber, by);
        return;
    }
    ++m_decoding; // a file that is still being decoded is no longer wanted
    m_picture.reset();
    m_sample = *place;
    m_oldestWanted.reset();
    describe();
    ask();
}

std::optional<std::int64_t> ClassifyPage::shownNumber() const
{
    if (browsesOpened())
        return m_opened.isEmpty() ? std::nullopt : std::optional<std::int64_t>(m_openedNumber);
    return m_sample;
}

std::vector<Plan> ClassifyPage::plans() const
{
    if (m_pins.planB() == m_plan.plan() || m_pins.planB().heads.empty())
        return {m_plan.plan()};
    return {m_plan.plan(), m_pins.planB()};
}

void ClassifyPage::askSoon()
{
    takeMatching();
    if (m_plan.isEmpty())
        return;
    m_columns[0]->setPlan(m_plan.plan());
    m_columns[1]->setPlan(m_pins.planB());
    if (hasPicture() && !m_askSoon.isActive())
        m_askSoon.start();
}

void ClassifyPage::ask()
{
    m_askSoon.stop(); // what it waits to ask is asked now
    if (!hasPicture() || m_plan.isEmpty())
        return;
    const auto generation
        = m_sample ? m_ask.sample(*m_sample, plans()) : m_ask.picture(plans(), *m_picture);
    m_newestAsked = generation;
    if (!result())
        m_columns[0]->showNote(tr("Classifying…"));
    if (!m_oldestWanted)
        m_oldestWanted = generation;
}

void ClassifyPage::showResult(const Classified& result)
{
    if (m_picture && m_oldestWanted && result.generation >= *m_oldestWanted)
        showPlans(result.plans, -1);
}

void ClassifyPage::showSample(const SampleShown& shown)
{
    if (!m_sample || !m_oldestWanted || shown.generation < *m_oldestWanted)
        return;
    const Sample& sample = shown.sample;
    showPicture(thumbnailOf(sample.picture),
                tr("%1: %2").arg(QString::fromStdString(sample.name),
                                 QString::fromStdString(sample.label_name)));
    showPlans(shown.plans, sample.label);
}

void ClassifyPage::showPlans(const std::vector<PlanScores>& results, int label)
{
    m_columns[0]->setPlan(results[0].plan);
    m_columns[0]->showScores(results[0], label);
    if (results.size() > 1) {
        m_columns[1]->setPlan(results[1].plan);
        m_columns[1]->showScores(results[1], label);
        const bool same = results[0].scores[0].index == results[1].scores[0].index;
        m_title->setText(same ? tr("%1 – A and B agree").arg(m_shownTitle)
                              : tr("%1 – A and B differ").arg(m_shownTitle));
    } else {
        m_title->setText(m_shownTitle);
        m_columns[1]->showNote(tr("B is the same plan as A. Move a slider to see another, or keep "
                                  "a plan with Set as B."));
    }
}

void ClassifyPage::forgetResult()
{
    m_oldestWanted.reset();
    m_newestAsked.reset();
    if (hasPicture())
        m_title->setText(m_shownTitle);
    QString note;
    if (hasPicture())
        note = m_plan.isEmpty() ? tr("Open a vision model to classify this picture.")
                                : tr("Classifying…");
    m_columns[0]->showNote(note);
    m_columns[1]->showNote({});
    if (!m_plan.isEmpty()) {
        m_columns[0]->setPlan(m_plan.plan());
        m_columns[1]->setPlan(m_pins.planB());
    }
}

void ClassifyPage::showFailure(std::uint64_t generation)
{
    if (m_newestAsked == generation)
        endWait(tr("This picture could not be classified: the message above says why."));
}

void ClassifyPage::showCancelled()
{
    endWait(tr("Cancelled; the picture is classified when the plan changes."));
}

/// An answer of an older plan stays, named as such.
void ClassifyPage::endWait(const QString& why)
{
    if (hasPicture() && !result())
        m_columns[0]->showNote(why);
}

void ClassifyPage::askAgain()
{
    if (!result())
        ask();
}

const std::optional<PlanScores>& ClassifyPage::result() const
{
    return m_columns[0]->scores();
}

QString ClassifyPage::note() const
{
    return m_columns[0]->note();
}

void ClassifyPage::takeRun(const Plan& plan)
{
    if (plan == m_plan.plan() || plan == m_pins.planB())
        takeMatching();
}

/// Which samples pass the filter by what is measured so far, and how often A and B agree.
void ClassifyPage::takeMatching()
{
    m_matching.clear();
    m_agreement->clear();
    const auto predicted = [this](const Plan& plan) -> std::shared_ptr<const Predictions> {
        const Measurement* run = m_runs.find(plan);
        return run ? run->predictions : nullptr;
    };
    const auto a = predicted(m_plan.plan()), b = predicted(m_pins.planB());
    const bool comparable = a && b && a->samples() == b->samples();
    const auto filter = SampleFilter(m_filter->currentData().toInt());
    if (browsesOpened() || filter == SampleFilter::All) {
        const std::int64_t inData = m_runs.data() ? m_runs.data()->samples : 0;
        m_matching.resize(std::size_t(browsesOpened() ? m_opened.size() : inData));
        std::iota(m_matching.begin(), m_matching.end(), 0);
    } else if (comparable) {
        m_matching = matching_samples(*a, *b, filter);
    }
    if (comparable && m_plan.plan() != m_pins.planB()) {
        Metric share = agreement(*a, *b);
        share.value *= 100;
        share.std_error *= 100;
        m_agreement->setText(tr("A and B agree on %1 (n = %2)")
                                 .arg(metricText(share, Quality::Top1), countText(share.n)));
    }
    describe();
}

void ClassifyPage::describe()
{
    const bool any = !m_matching.empty();
    m_previous->setEnabled(any);
    m_next->setEnabled(any);
    const QString count = countText(std::int64_t(m_matching.size()));
    const auto number = shownNumber();
    const auto here = number ? std::lower_bound(m_matching.begin(), m_matching.end(), *number)
                             : m_matching.end();
    if (browsesOpened() && !any)
        m_position->setText(tr("Drop, paste or open pictures to browse them"));
    else if (!browsesOpened() && !m_runs.data())
        m_position->setText(tr("Open pictures to browse them (Data menu)"));
    else if (here != m_matching.end() && *here == *number)
        m_position->setText(tr("%1 of %2").arg(countText(here - m_matching.begin() + 1), count));
    else
        m_position->setText(
            any ? tr("%1 pictures", nullptr, pluralOf(std::int64_t(m_matching.size()))).arg(count)
                : tr("none so far"));
}

QString ClassifyPage::title() const
{
    return m_title->text();
}

QString ClassifyPage::positionText() const
{
    return m_position->text();
}

} // namespace matmamba
