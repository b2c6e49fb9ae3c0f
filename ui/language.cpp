#include "ui/language.h"

#include <QCoreApplication>
#include <QDir>
#include <QLibraryInfo>
#include <QTranslator>

namespace matmamba
{

namespace
{

const QString kFolder = ":/translations";
const QString kPrefix = "matmamba_";

QLocale& ownLocale()
{
    static QLocale locale("en_US");
    return locale;
}

} // namespace

QStringList languages()
{
    QStringList codes;
    for (const QString& file : QDir(kFolder).entryList({kPrefix + "*.qm"}, QDir::Files, QDir::Name))
        codes << file.mid(kPrefix.size()).chopped(3);
    return codes;
}

void useLanguage(const QString& language)
{
    QCoreApplication* const application = QCoreApplication::instance();
    for (const QTranslator* before : application->findChildren<QTranslator*>(kFolder))
        delete before;
    const auto make = [application] {
        auto* translator = new QTranslator(application);
        translator->setObjectName(kFolder);
        return translator;
    };
    // English has a file too: its plural forms.
    QTranslator* const texts = make();
    const QLocale wanted = language.isEmpty() ? QLocale::system() : QLocale(language);
    if (!texts->load(wanted, kPrefix, {}, kFolder))
        (void)texts->load(kPrefix + "en", kFolder);
    ownLocale() = QLocale(texts->language());
    QLocale::setDefault(ownLocale()); // of spin boxes and of the plot's axes

    // Dialog buttons, file dialogs and the names of keys; English where Qt's file is not installed.
    QTranslator* const ofQt = make();
    if (ofQt->load(ownLocale(), "qtbase_", {}, QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
        QCoreApplication::installTranslator(ofQt);
    QCoreApplication::installTranslator(texts);
}

const QLocale& numberLocale()
{
    return ownLocale();
}

} // namespace matmamba
