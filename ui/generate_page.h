// The generate page: one prompt continued by two plans side by side, A the sliders' and B one kept
// to compare with; each token shaded by how unlikely it was, the first difference underlined.
#pragma once

#include <QWidget>

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "engine/engine_thread.h"

class QLabel;
class QLineEdit;
class QPushButton;
class QSettings;
class QToolButton;

namespace matmamba
{

class PinStore;
class PlanModel;
class SamplingFields;
class TokenText;

class GeneratePage : public QWidget
{
    Q_OBJECT
public:
    /// Asks for the texts of some plans; tokens and results come to showTokens() and showResult()
    /// under the returned generation. Nothing is returned while no engine can answer.
    using Ask = std::function<std::optional<std::uint64_t>(std::vector<Plan>, const QString& prompt,
                                                           const GenerateOptions&)>;
    GeneratePage(const PlanModel& plan, const PinStore& pins, Ask ask, QWidget* parent = nullptr);

    void setPrompt(const QString& prompt);
    void start(); ///< with what the page says; ends what is being generated
    void regenerate(); ///< the same with a new seed
    void showTokens(const std::vector<Generating>& tokens);
    void showResult(const Generated& result);
    /// The texts of `generation` will not come; ends the wait where they are the newest asked for.
    void showFailure(std::uint64_t generation);
    void endWait(); ///< nothing more will come of what was asked for so far
    void restore(const QSettings& settings); ///< prompt and numbers as they were left
    void save(QSettings& settings) const;

    bool isGenerating() const { return m_generation.has_value(); }
    bool hasResult() const { return m_shown.has_value() && !m_generation; }
    QString text(int column) const; ///< 0 = A, 1 = B
    QString note(int column) const; ///< what is said below the text
    TokenText& tokens(int column) const { return *m_columns.at(column).text; }
    /// Number of the first token by which A and B differ, if they do so far.
    std::optional<std::size_t> firstDifference() const { return m_difference; }
    SamplingFields& sampling() const { return *m_sampling; }

signals:
    void stopRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Column {
        QLabel* title = nullptr;
        QToolButton* copy = nullptr;
        TokenText* text = nullptr;
        QLabel* note = nullptr;
        TextEnd end = TextEnd::StillGrowing;
    };
    QWidget* makePromptRow();
    QWidget* makeColumn(int index);
    QWidget* makeLegend();
    void showLegend();
    void clearTexts();
    void forget(); ///< another model: what is shown no longer holds
    void showPlans();
    void markDifference();
    void setGenerating(std::optional<std::uint64_t> generation);

    const PlanModel& m_plan;
    const PinStore& m_pins;
    Ask m_ask;
    std::array<Plan, 2> m_asked; ///< plans of what is shown; empty before the first text
    std::optional<std::uint64_t> m_generation; ///< of what is being generated
    std::optional<std::uint64_t> m_shown; ///< of what is shown
    std::optional<std::size_t> m_difference;
    std::array<Column, 2> m_columns;
    QLineEdit* m_prompt;
    QPushButton* m_start;
    QPushButton* m_regenerate;
    QPushButton* m_stop;
    SamplingFields* m_sampling;
    QLabel* m_legend;
    QLabel* m_token; ///< what is said of the token at the caret
};

} // namespace matmamba
