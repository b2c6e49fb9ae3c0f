// How a text is generated, as fields that the person fills in: a row that wraps.
#pragma once

#include <QWidget>

#include "engine/measure/generate.h"

class QDoubleSpinBox;
class QLineEdit;
class QSettings;
class QSpinBox;

namespace matmamba
{

class SamplingFields : public QWidget
{
    Q_OBJECT
public:
    explicit SamplingFields(QWidget* parent = nullptr);

    GenerateOptions options() const;
    void takeNewSeed();
    void restore(const QSettings& settings); ///< as they were left
    void save(QSettings& settings) const;

signals:
    void returnPressed(); ///< in a field of text

private:
    void add(const QString& name, QWidget* field);

    QSpinBox* m_length;
    QDoubleSpinBox* m_temperature;
    QSpinBox* m_topK;
    QDoubleSpinBox* m_topP;
    QDoubleSpinBox* m_minP;
    QDoubleSpinBox* m_penalty;
    QSpinBox* m_seed;
    QLineEdit* m_stopText;
};

} // namespace matmamba
