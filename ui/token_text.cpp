#include "ui/token_text.h"

#include <QHelpEvent>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>

#include "ui/quantity_text.h"

namespace matmamba
{

namespace
{
constexpr int kDarkestShade = 130; // alpha behind a token of probability 0
}

TokenText::TokenText(const QString& side, QWidget* parent)
    : QTextEdit(parent)
    , m_side(side)
{
    setReadOnly(true);
    // A caret, so that each token can be asked for by keys too.
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setMinimumHeight(60);
    setTabChangesFocus(true);
    setAccessibleName(tr("Text of %1").arg(m_side));
    setToolTip(tr("The darker the shade, the less likely the token was to the model; "
                  "rest the pointer on a token, or move the caret to it, for its probability"));
    connect(this, &QTextEdit::cursorPositionChanged, this, [this] {
        if (hasFocus() && !m_ids.empty())
            emit caretMoved(describe(tokenAt(textCursor().position())));
    });
}

void TokenText::forget()
{
    m_ids.clear();
    m_probabilities.clear();
    m_begins.clear();
    m_difference.reset();
    m_decoder = QStringDecoder(QStringDecoder::Utf8);
    clear();
    setExtraSelections({});
}

void TokenText::addTokens(const std::vector<GeneratedToken>& tokens)
{
    QScrollBar& bar = *verticalScrollBar();
    const bool follows = bar.value() == bar.maximum(); // unless the person reads further up
    QTextCursor end(document());
    end.movePosition(QTextCursor::End);
    end.beginEditBlock();
    for (const GeneratedToken& token : tokens) {
        m_ids.push_back(token.id);
        m_probabilities.push_back(token.probability);
        m_begins.push_back(end.position());
        QTextCharFormat format;
        format.setBackground(shade(palette(), token.probability));
        const QByteArrayView bytes(token.text.data(), qsizetype(token.text.size()));
        end.insertText(m_decoder.decode(bytes), format);
    }
    end.endEditBlock();
    if (follows)
        bar.setValue(bar.maximum());
}

void TokenText::markDifference(std::size_t token)
{
    if (token >= m_ids.size())
        return;
    m_difference = token;
    ExtraSelection mark;
    mark.cursor = cursorOf(token);
    mark.cursor.setKeepPositionOnInsert(true); // what comes later is no part of it
    mark.format.setUnderlineStyle(QTextCharFormat::SingleUnderline);
    mark.format.setFontWeight(QFont::Bold);
    setExtraSelections({mark});
}

QTextCursor TokenText::cursorOf(std::size_t token) const
{
    QTextCursor cursor(document());
    cursor.setPosition(m_begins[token]);
    if (token + 1 < m_begins.size())
        cursor.setPosition(m_begins[token + 1], QTextCursor::KeepAnchor);
    else
        cursor.movePosition(QTextCursor::End, QTextCursor::KeepAnchor);
    return cursor;
}

/// The token of the character after a position; of several that make up one character the last.
std::size_t TokenText::tokenAt(int position) const
{
    const auto next = std::upper_bound(m_begins.begin(), m_begins.end(), position);
    return std::size_t(std::max<std::ptrdiff_t>(next - m_begins.begin() - 1, 0));
}

std::optional<std::size_t> TokenText::tokenUnder(const QPoint& point) const
{
    // The cursor stands on the nearer side of the character under the point.
    QTextCursor cursor = cursorForPosition(point);
    if (cursorRect(cursor).left() > point.x())
        cursor.movePosition(QTextCursor::Left);
    const QRect left = cursorRect(cursor);
    const int position = cursor.position();
    const bool isText = !m_ids.empty()
        && document()->characterAt(position) != QChar::ParagraphSeparator
        && cursor.movePosition(QTextCursor::Right);
    if (!isText || point.y() < left.top() || point.y() > left.bottom() || point.x() < left.left()
        || (cursorRect(cursor).top() == left.top() && point.x() > cursorRect(cursor).left()))
        return std::nullopt;
    return tokenAt(position);
}

QString TokenText::describe(std::size_t token) const
{
    const double percent = 100 * m_probabilities[token];
    const QString text = cursorOf(token)
                             .selectedText()
                             .replace(QChar::ParagraphSeparator, QChar(0x21B5)) // ↵
                             .replace(QChar::LineSeparator, QChar(0x21B5));
    QString what
        = tr("%1, token %2, “%3”: probability %4")
              .arg(m_side)
              .arg(token + 1)
              .arg(text, percent < 0.1 ? roundText(percent, 1) + " %" : percentText(percent));
    if (m_difference == token)
        what = tr("%1; here A and B go apart").arg(what);
    return what;
}

QColor TokenText::shade(const QPalette& palette, double probability)
{
    QColor shade = palette.color(QPalette::Highlight);
    shade.setAlpha(int(kDarkestShade * (1 - probability)));
    return shade;
}

bool TokenText::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        if (const auto token = tokenUnder(help->pos())) {
            QToolTip::showText(help->globalPos(), describe(*token), viewport());
            return true;
        }
    }
    return QTextEdit::viewportEvent(event);
}

} // namespace matmamba
