// The equalizer: one width slider per layer, a master for all, presets. Writes to the plan model
// and follows it; layers that do not fit scroll.
#pragma once

#include <QList>
#include <QWidget>

class QAction;
class QLabel;
class QScrollArea;
class QStackedLayout;

namespace matmamba
{

class PlanModel;
class WidthSlider;

class WidthsPanel : public QWidget
{
    Q_OBJECT
public:
    explicit WidthsPanel(PlanModel& plan, QWidget* parent = nullptr);

    QList<QAction*> presetActions() const { return m_presets; }
    WidthSlider* masterSlider() const { return m_master.slider; }
    WidthSlider* layerSlider(int layer) const { return m_layers.at(layer).slider; }
    int layerCount() const { return int(m_layers.size()); }

private:
    struct Column {
        QWidget* widget = nullptr;
        WidthSlider* slider = nullptr;
        QLabel* value = nullptr;
    };
    Column makeColumn(const QString& title);
    void makePresets();
    void rebuild(); ///< another model
    void follow(); ///< another plan
    void setRandomPlan();
    int widest() const; ///< heads of the layer that has most

    PlanModel& m_plan;
    QList<QAction*> m_presets;
    Column m_master;
    QList<Column> m_layers;
    QScrollArea* m_scroll;
};

} // namespace matmamba
