// A generated text whose tokens stay apart: each is shaded by how unlikely it was, and tells its
// probability under the pointer and at the caret. The first difference from another text is
// underlined.
#pragma once

#include <QStringDecoder>
#include <QTextEdit>

#include <optional>
#include <vector>

#include "engine/measure/generate.h"

namespace matmamba
{

class TokenText : public QTextEdit
{
    Q_OBJECT
public:
    /// `side` is "A" or "B".
    explicit TokenText(const QString& side, QWidget* parent = nullptr);

    void forget(); ///< every token
    void addTokens(const std::vector<GeneratedToken>& tokens); ///< laid out once
    const std::vector<std::int32_t>& ids() const { return m_ids; }
    /// Underlines a token; nothing where the text ends before it.
    void markDifference(std::size_t token);

    /// The token under a point of the viewport.
    std::optional<std::size_t> tokenUnder(const QPoint& point) const;
    QString describe(std::size_t token) const; ///< "A, token 3, “ the”: probability 12.5 %"
    /// Behind a token of this probability; the same for every text.
    static QColor shade(const QPalette& palette, double probability);

signals:
    void caretMoved(const QString& what); ///< to a token: moved there, or pushed by what comes

protected:
    bool viewportEvent(QEvent* event) override;

private:
    std::size_t tokenAt(int position) const;
    QTextCursor cursorOf(std::size_t token) const; ///< selects it

    QString m_side;
    QStringDecoder m_decoder{QStringDecoder::Utf8}; ///< a token may end inside a character
    std::vector<std::int32_t> m_ids;
    std::vector<double> m_probabilities;
    std::vector<int> m_begins; ///< of each token in the text, in characters
    std::optional<std::size_t> m_difference;
};

} // namespace matmamba
