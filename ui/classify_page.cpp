#include "ui/classify_page.h"

#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QProgressBar>
#include <QtConcurrentRun>

#include <cmath>
#include <cstring>

#include "engine/sentences.h"
#include "ui/plan_model.h"
#include "ui/quantity_text.h"

namespace matmamba
{

namespace
{
constexpr int kThumbnail = 160; // pixels
constexpr int kRows = 5;
constexpr int kAskInterval_ms = 40;
constexpr int kBarSteps = 1000;
}

ClassifyPage::ClassifyPage(const PlanModel& plan, Ask ask, QWidget* parent)
    : QWidget(parent)
    , m_plan(plan)
    , m_ask(std::move(ask))
    , m_thumbnail(new QLabel)
    , m_title(new QLabel)
    , m_note(new QLabel)
{
    m_thumbnail->setFixedSize(kThumbnail, kThumbnail);
    m_thumbnail->setAlignment(Qt::AlignCenter);
    m_thumbnail->setFrameShape(QFrame::StyledPanel);
    m_thumbnail->setWordWrap(true);
    m_thumbnail->setText(tr("No picture"));
    m_thumbnail->setAccessibleName(tr("Picture to classify"));
    QFont bold = font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_title->setText(tr("Classify"));
    m_note->setText(tr("Drop a picture anywhere in the window, paste one, "
                       "or open one (File → Classify picture…)."));
    m_note->setWordWrap(true);

    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(4);
    grid->addWidget(m_thumbnail, 0, 0, kRows + 3, 1, Qt::AlignTop);
    grid->addWidget(m_title, 0, 1, 1, 3);
    for (int row = 0; row < kRows; ++row) {
        Row line{new QLabel, new QProgressBar, new QLabel};
        line.bar->setRange(0, kBarSteps);
        line.bar->setTextVisible(false);
        line.bar->setFixedHeight(16);
        line.name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        line.probability->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        line.probability->setMinimumWidth(fontMetrics().horizontalAdvance("100.0 %"));
        grid->addWidget(line.name, row + 1, 1);
        grid->addWidget(line.bar, row + 1, 2);
        grid->addWidget(line.probability, row + 1, 3);
        m_rows.push_back(line);
    }
    grid->addWidget(m_note, kRows + 1, 1, 1, 3);
    grid->setRowStretch(kRows + 2, 1);
    grid->setColumnStretch(1, 2);
    grid->setColumnStretch(2, 5);
    forgetResult();

    m_askSoon.setSingleShot(true);
    m_askSoon.setInterval(kAskInterval_ms);
    connect(&m_askSoon, &QTimer::timeout, this, &ClassifyPage::ask);
    connect(&m_plan, &PlanModel::planChanged, this, [this] {
        if (m_picture && !m_askSoon.isActive())
            m_askSoon.start();
    });
}

void ClassifyPage::openFile(const QString& file)
{
    decodeInBackground([file] { return decodeFile(file); }, QFileInfo(file).fileName());
}

void ClassifyPage::openImage(const QImage& image, const QString& name)
{
    decodeInBackground([image] { return convert(image); }, name);
}

ClassifyPage::Decoded ClassifyPage::decodeFile(const QString& file)
{
    Decoded decoded;
    try {
        decoded.picture = load_picture(file.toStdString());
    } catch (const std::exception& error) {
        decoded.error = QString::fromStdString(sentence_of(error));
        return decoded;
    }
    const Picture& picture = decoded.picture;
    decoded.thumbnail = QImage(picture.rgb.data(), picture.width, picture.height,
                               qsizetype(picture.width) * 3, QImage::Format_RGB888)
                            .scaled(kThumbnail * 2, kThumbnail * 2, Qt::KeepAspectRatio,
                                    Qt::SmoothTransformation);
    return decoded;
}

ClassifyPage::Decoded ClassifyPage::convert(const QImage& image)
{
    const QImage rgb = image.convertToFormat(QImage::Format_RGB888);
    Decoded decoded;
    Picture& picture = decoded.picture;
    picture.width = rgb.width();
    picture.height = rgb.height();
    const std::size_t rowBytes
        = std::size_t(rgb.width()) * 3; // QImage pads its rows, Picture does not
    picture.rgb.resize(rowBytes * std::size_t(rgb.height()));
    for (int y = 0; y < rgb.height(); ++y)
        std::memcpy(picture.rgb.data() + y * rowBytes, rgb.constScanLine(y), rowBytes);
    decoded.thumbnail
        = rgb.scaled(kThumbnail * 2, kThumbnail * 2, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    return decoded;
}

void ClassifyPage::decodeInBackground(std::function<Decoded()> decode, const QString& name)
{
    const int number = ++m_decoding;
    QtConcurrent::run(std::move(decode)).then(this, [this, number, name](const Decoded& decoded) {
        if (number == m_decoding)
            take(decoded, name);
    });
}

void ClassifyPage::take(const Decoded& decoded, const QString& name)
{
    if (!decoded.error.isEmpty()) {
        emit failed(decoded.error);
        return;
    }
    m_picture = decoded.picture;
    const int edge = kThumbnail - 2 * m_thumbnail->frameWidth();
    m_thumbnail->setPixmap(QPixmap::fromImage(decoded.thumbnail)
                               .scaled(edge, edge, Qt::KeepAspectRatio, Qt::SmoothTransformation));
    m_thumbnail->setAccessibleName(tr("Picture to classify: %1").arg(name));
    m_title->setText(
        tr("%1, %2 × %3").arg(name).arg(decoded.picture.width).arg(decoded.picture.height));
    forgetResult();
    ask();
}

void ClassifyPage::ask()
{
    if (!m_picture || m_plan.isEmpty())
        return;
    const auto generation = m_ask(m_plan.plan(), *m_picture);
    m_newestAsked = generation;
    if (!m_result)
        m_note->setText(tr("Classifying…"));
    if (!m_oldestWanted)
        m_oldestWanted = generation;
}

void ClassifyPage::showResult(const Classified& result)
{
    if (!m_oldestWanted || result.generation < *m_oldestWanted)
        return;
    m_result = result;
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const Row& row = m_rows[i];
        const bool used = i < result.scores.size();
        for (QWidget* part : {static_cast<QWidget*>(row.name), static_cast<QWidget*>(row.bar),
                              static_cast<QWidget*>(row.probability)})
            part->setVisible(used);
        if (!used)
            continue;
        const ClassScore& score = result.scores[i];
        const QString label = QString::fromStdString(score.label);
        const QString percent = QString("%1 %").arg(100 * score.probability, 0, 'f', 1);
        row.name->setToolTip(label);
        row.bar->setValue(int(std::lround(kBarSteps * score.probability)));
        row.bar->setAccessibleName(tr("Probability of %1: %2").arg(label, percent));
        row.probability->setText(percent);
    }
    elideNames();
    m_note->setText(tr("By %1, in %2").arg(planText(result.plan), durationText(result.seconds)));
}

void ClassifyPage::forgetResult()
{
    m_result.reset();
    m_oldestWanted.reset();
    m_newestAsked.reset();
    for (const Row& row : m_rows) {
        row.name->hide();
        row.bar->hide();
        row.probability->hide();
    }
    if (m_picture)
        m_note->setText(m_plan.isEmpty() ? tr("Open a vision model to classify this picture.")
                                         : tr("Classifying…"));
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
    if (m_picture && !m_result)
        m_note->setText(why);
}

void ClassifyPage::askAgain()
{
    if (!m_result)
        ask();
}

QString ClassifyPage::note() const
{
    return m_note->text();
}

void ClassifyPage::elideNames()
{
    for (const Row& row : m_rows)
        row.name->setText(row.name->fontMetrics().elidedText(row.name->toolTip(), Qt::ElideRight,
                                                             row.name->width()));
}

void ClassifyPage::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    elideNames();
}

int ClassifyPage::visibleBars() const
{
    int bars = 0;
    for (const Row& row : m_rows)
        bars += row.bar->isHidden() ? 0 : 1;
    return bars;
}

} // namespace matmamba
