// The window's language: which translation its texts and Qt's own come from, and how it writes
// numbers. Both follow one choice, so that a German window never says "10,000" for ten thousand.
#pragma once

#include <QLocale>
#include <QString>
#include <QStringList>

namespace matmamba
{

/// The languages that the window speaks, as codes: "de", "en".
QStringList languages();

/// Takes one of languages(), or "" for the first of the system's (LANGUAGE, LC_ALL, LC_MESSAGES,
/// LANG) that is among them, else English. Before any widget is made; GUI thread, with the
/// application there.
void useLanguage(const QString& language);

/// How the window writes numbers; English before useLanguage().
const QLocale& numberLocale();

} // namespace matmamba
