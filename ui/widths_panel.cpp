#include "ui/widths_panel.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QRandomGenerator>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ui/flow_layout.h"
#include "ui/plan_model.h"
#include "ui/width_slider.h"

namespace matmamba
{

WidthsPanel::WidthsPanel(PlanModel& plan, QWidget* parent)
    : QWidget(parent)
    , m_plan(plan)
    , m_master(makeColumn(tr("All")))
    , m_scroll(new QScrollArea)
{
    m_master.slider->setStopsLabelled(true);
    makePresets();
    auto* presets = new FlowLayout;
    presets->setSpacing(4);
    for (QAction* action : std::as_const(m_presets)) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        presets->addWidget(button);
    }

    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(8);
    columns->addWidget(m_master.widget);
    columns->addWidget(m_scroll, 1);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addLayout(presets);
    layout->addLayout(columns, 1);

    WidthSlider* master = m_master.slider;
    connect(master, &QSlider::valueChanged, &m_plan, &PlanModel::setAllLayers);
    connect(master, &WidthSlider::gestureStarted, &m_plan, &PlanModel::beginGesture);
    connect(master, &WidthSlider::gestureFinished, &m_plan, &PlanModel::endGesture);
    connect(&m_plan, &PlanModel::modelChanged, this, &WidthsPanel::rebuild);
    connect(&m_plan, &PlanModel::planChanged, this, &WidthsPanel::follow);
    rebuild();
}

WidthsPanel::Column WidthsPanel::makeColumn(const QString& title)
{
    Column column{new QWidget, new WidthSlider, new QLabel};
    auto* label = new QLabel(title);
    label->setAlignment(Qt::AlignCenter);
    column.value->setAlignment(Qt::AlignCenter);
    // As wide as the widest value, so that nothing moves while a slider does.
    column.value->setMinimumWidth(fontMetrics().horizontalAdvance(tr("mix")) + 4);
    auto* layout = new QVBoxLayout(column.widget);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(label);
    layout->addWidget(column.slider, 1, Qt::AlignHCenter);
    layout->addWidget(column.value);
    return column;
}

void WidthsPanel::makePresets()
{
    int number = 0;
    for (const int heads : kTrainedStops) {
        QAction* action
            = addPreset(QString::number(heads), tr("All layers to %n heads", nullptr, heads),
                        QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_1 + number++)));
        action->setCheckable(true); // checked while all layers are that wide
        connect(action, &QAction::triggered, this, [this, heads] {
            m_plan.setAllLayers(heads);
            follow();
        });
    }
    QAction* random
        = addPreset(tr("Random"), tr("A random width for every layer"), QKeySequence("Ctrl+R"));
    connect(random, &QAction::triggered, this, &WidthsPanel::setRandomPlan);
    addShape(tr("Ramp up"), tr("From 8 heads in the first layer evenly to 64 in the last"),
             QKeySequence("Ctrl+5"), tr("ramp up"), [](int n) { return rampPlan(n, 8, 64); });
    addShape(tr("Ramp down"), tr("From 64 heads in the first layer evenly to 8 in the last"),
             QKeySequence("Ctrl+6"), tr("ramp down"), [](int n) { return rampPlan(n, 64, 8); });
    addShape(tr("Last half small"), tr("The first half of the layers to 64 heads, the last to 16"),
             QKeySequence("Ctrl+7"), tr("last half small"), lastHalfSmallPlan);
}

QAction* WidthsPanel::addPreset(const QString& text, const QString& help, const QKeySequence& keys)
{
    auto* action = new QAction(text, this);
    action->setToolTip(help);
    action->setShortcut(keys);
    m_presets << action;
    return action;
}

void WidthsPanel::addShape(const QString& text, const QString& help, const QKeySequence& keys,
                           const QString& undoText, Plan (*shape)(int layers))
{
    connect(addPreset(text, help, keys), &QAction::triggered, this,
            [this, undoText, shape] { m_plan.setPlan(shape(m_plan.config().n_layer), undoText); });
}

void WidthsPanel::rebuild()
{
    m_layers.clear();
    m_stroke.reset();
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    const int layers = m_plan.isEmpty() ? 0 : m_plan.config().n_layer;
    for (int layer = 0; layer < layers; ++layer) {
        Column column = makeColumn(QString::number(layer + 1));
        column.slider->setMaximum(m_plan.config().max_heads(layer));
        connect(column.slider, &QSlider::valueChanged, &m_plan,
                [this, layer](int heads) { m_plan.setLayer(layer, heads); });
        connect(column.slider, &WidthSlider::gestureStarted, &m_plan, &PlanModel::beginGesture);
        connect(column.slider, &WidthSlider::gestureFinished, &m_plan, &PlanModel::endGesture);
        column.slider->installEventFilter(this);
        layout->addWidget(column.widget);
        m_layers << column;
    }
    if (layers == 0) {
        auto* hint = new QLabel(tr("Open a model to see its layers:\nFile → Open model folder…"));
        hint->setAlignment(Qt::AlignCenter);
        layout->addWidget(hint);
    }
    layout->addStretch();
    m_scroll->setWidget(row);
    // What is new comes last for the Tab key, but is seen behind the master.
    QWidget* before = m_master.slider;
    for (const Column& column : std::as_const(m_layers)) {
        setTabOrder(before, column.slider);
        before = column.slider;
    }
    for (QAction* action : std::as_const(m_presets))
        action->setEnabled(layers > 0);
    for (std::size_t i = 0; i < std::size(kTrainedStops); ++i) { // as far as the model has heads
        const int heads = kTrainedStops[i];
        m_presets[int(i)]->setEnabled(layers > 0 && heads <= widest());
        m_presets[int(i)]->setToolTip(
            heads <= widest()
                ? tr("All layers to %n heads", nullptr, heads)
                : tr("The layers of this model have %n heads at most", nullptr, widest()));
    }
    m_master.widget->setEnabled(layers > 0);
    const QSignalBlocker quiet(m_master.slider); // a range that shrinks moves the value
    m_master.slider->setMaximum(widest());
    follow();
}

void WidthsPanel::follow()
{
    const auto show
        = [](const Column& column, int heads, const QString& text, const QString& name) {
              const QSignalBlocker quiet(column.slider);
              column.slider->setValue(heads);
              column.slider->setAccessibleName(name);
              column.slider->setToolTip(name);
              column.value->setText(text);
          };
    const std::vector<int>& heads = m_plan.plan().heads;
    for (std::size_t i = 0; i < std::size(kTrainedStops); ++i)
        m_presets[int(i)]->setChecked(!heads.empty() && m_plan.plan().is_uniform()
                                      && heads.front() == kTrainedStops[i]);
    if (heads.empty()) {
        show(m_master, kMaxHeads, "–", tr("Width of all layers, no model is open"));
        return;
    }
    for (int layer = 0; layer < m_layers.size(); ++layer)
        show(m_layers[layer], heads[layer], QString::number(heads[layer]),
             tr("Layer %1 width, %2 of %n heads", nullptr, m_plan.config().max_heads(layer))
                 .arg(layer + 1)
                 .arg(heads[layer]));

    const int mean = int(
        std::lround(double(std::accumulate(heads.begin(), heads.end(), 0)) / double(heads.size())));
    if (m_plan.plan().is_uniform())
        show(m_master, mean, QString::number(mean),
             tr("Width of all layers, %1 of %n heads", nullptr, widest()).arg(mean));
    else
        show(m_master, mean, tr("mix"),
             tr("Width of all layers, unequal, %1 of %n heads on average", nullptr, widest())
                 .arg(mean));
}

int WidthsPanel::widest() const
{
    int widest = 1;
    for (int layer = 0; layer < m_layers.size(); ++layer)
        widest = std::max(widest, m_plan.config().max_heads(layer));
    return m_layers.isEmpty() ? kMaxHeads : widest;
}

/// Log-uniform, so that narrow layers are as likely as wide ones.
void WidthsPanel::setRandomPlan()
{
    Plan plan = m_plan.plan();
    for (int& heads : plan.heads)
        heads = int(std::lround(
            std::exp(QRandomGenerator::global()->generateDouble() * std::log(kMaxHeads))));
    m_plan.setPlan(plan, tr("random plan"));
}

bool WidthsPanel::eventFilter(QObject* watched, QEvent* event)
{
    const auto type = event->type();
    if (type != QEvent::MouseButtonPress && type != QEvent::MouseMove
        && type != QEvent::MouseButtonRelease)
        return QWidget::eventFilter(watched, event);
    const auto* mouse = static_cast<QMouseEvent*>(event);
    const QPoint at = m_scroll->widget()->mapFromGlobal(mouse->globalPosition().toPoint());
    if (type == QEvent::MouseButtonPress && mouse->button() == Qt::LeftButton)
        m_stroke = Stroke{layerAt(at.x()), at};
    else if (type == QEvent::MouseMove && m_stroke)
        return takeStroke(at);
    else if (type == QEvent::MouseButtonRelease && mouse->button() == Qt::LeftButton)
        m_stroke.reset();
    return false; // the slider does the rest
}

int WidthsPanel::layerAt(int x) const
{
    const auto distance = [x](const Column& column) {
        const QRect place = column.widget->geometry();
        return std::max({0, place.left() - x, x - place.right()});
    };
    const auto nearest
        = std::min_element(m_layers.begin(), m_layers.end(), [&](const Column& a, const Column& b) {
              return distance(a) < distance(b);
          });
    return int(nearest - m_layers.begin());
}

bool WidthsPanel::takeStroke(const QPoint& to)
{
    const Stroke from = *m_stroke;
    const int layer = layerAt(to.x());
    m_stroke = Stroke{layer, to, from.paints || layer != from.layer};
    if (!m_stroke->paints)
        return false;
    const auto headsAt = [this](int column, int y) {
        const WidthSlider* slider = m_layers[column].slider;
        return slider->headsAt(slider->mapFrom(m_scroll->widget(), QPoint(0, y)).y());
    };
    Plan plan = m_plan.plan();
    // A fast mouse jumps over layers: they lie on the line from where it was.
    const int step = layer < from.layer ? -1 : 1;
    for (int passed = from.layer + step; (layer - passed) * step > 0; passed += step) {
        const int x = m_layers[passed].widget->geometry().center().x();
        const double part = double(x - from.at.x()) / (to.x() - from.at.x());
        plan.heads[passed] = headsAt(passed, qRound(from.at.y() + part * (to.y() - from.at.y())));
    }
    plan.heads[layer] = headsAt(layer, to.y());
    m_plan.setPlan(plan, tr("painted widths"));
    m_scroll->ensureWidgetVisible(m_layers[layer].widget, 0, 0);
    return true;
}

} // namespace matmamba
