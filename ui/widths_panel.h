// The equalizer: one width slider per layer, a master for all, presets. A drag across sliders
// paints a curve. Writes to the plan model and follows it; layers that do not fit scroll.
#pragma once

#include <QList>
#include <QWidget>

#include <optional>

class QAction;
class QLabel;
class QScrollArea;

namespace matmamba
{

class PlanModel;
struct Plan;
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

protected:
    bool eventFilter(QObject* watched, QEvent* event) override; ///< of the layers' sliders

private:
    struct Column {
        QWidget* widget = nullptr;
        WidthSlider* slider = nullptr;
        QLabel* value = nullptr;
    };
    /// A drag that began on a layer's slider. Where it comes to another layer it becomes paint.
    struct Stroke {
        int layer = 0; ///< under the pointer
        QPoint at; ///< the pointer, in coordinates of the row of sliders
        bool paints = false;
    };
    Column makeColumn(const QString& title);
    void makePresets();
    QAction* addPreset(const QString& text, const QString& help, const QKeySequence& keys);
    void addShape(const QString& text, const QString& help, const QKeySequence& keys,
                  const QString& undoText, Plan (*shape)(int layers));
    void rebuild(); ///< another model
    void follow(); ///< another plan
    void setRandomPlan();
    int layerAt(int x) const; ///< nearest to `x` in the row of sliders
    bool takeStroke(const QPoint& to); ///< false while it stays on its first layer
    int widest() const; ///< heads of the layer that has most

    PlanModel& m_plan;
    QList<QAction*> m_presets;
    Column m_master;
    QList<Column> m_layers;
    QScrollArea* m_scroll;
    std::optional<Stroke> m_stroke;
};

} // namespace matmamba
