// What is open, in full: the model's path, geometry, type, device and memory, and the data set.
#pragma once

#include <QTimer>
#include <QWidget>

#include <optional>

#include "engine/engine.h"

class QFormLayout;
class QLabel;

namespace matmamba
{

class DetailsPanel : public QWidget
{
    Q_OBJECT
public:
    explicit DetailsPanel(QWidget* parent = nullptr);

    void show(const std::optional<ModelInfo>& model, const std::optional<DataInfo>& data);
    using QWidget::show;
    QString text() const; ///< all rows, "name: value" a line

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void addRow(const QString& name, const QString& value);
    void addTitle(const QString& title);
    void showMemory();

    QFormLayout* m_form;
    QLabel* m_memory = nullptr;
    QTimer m_every; ///< looks at the memory in use while the panel is seen
};

/// Bytes of memory: of this process, and free for any. 0 where the system does not tell.
struct Memory {
    std::int64_t used = 0, available = 0;
};
Memory memoryNow();

} // namespace matmamba
