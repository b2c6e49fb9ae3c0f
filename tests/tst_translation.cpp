// The translations in resources/translations: nothing is missing, nothing is left over, and every
// placeholder of a text is in its translation.
#include <QDialogButtonBox>
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QPushButton>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include <algorithm>

#include "ui/language.h"
#include "ui/quantity_text.h"

using namespace matmamba;

namespace
{

struct Message {
    QString context, source, state; ///< state: "", "unfinished", "vanished" or "obsolete"
    QStringList translations; ///< one, or one for each plural form
    bool isPlural = false;
    QString text() const { return QString("%1: \"%2\"").arg(context, source); }
};

std::vector<Message> messagesOf(const QString& file)
{
    std::vector<Message> messages;
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        return messages;
    QXmlStreamReader xml(&in);
    QString context;
    bool isPlural = false;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement)
            continue;
        const QString name = xml.name().toString();
        if (name == "name")
            context = xml.readElementText();
        else if (name == "message")
            isPlural = xml.attributes().value("numerus") == QLatin1String("yes");
        else if (name == "source")
            messages.push_back({context, xml.readElementText(), {}, {}, isPlural});
        else if (name == "translation") {
            messages.back().state = xml.attributes().value("type").toString();
            if (!isPlural)
                messages.back().translations << xml.readElementText();
        } else if (name == "numerusform")
            messages.back().translations << xml.readElementText();
    }
    return messages;
}

/// "%1", "%n" and their like, sorted, as often as they occur.
QStringList placeholders(const QString& text)
{
    static const QRegularExpression pattern("%(L?[0-9]{1,2}|L?n)");
    QStringList found;
    for (auto match = pattern.globalMatch(text); match.hasNext();)
        found << match.next().captured();
    found.sort();
    return found;
}

/// Menu marks ("&File"), not the "&&" or "&nbsp;" of other texts.
qsizetype mnemonics(const QString& text)
{
    static const QRegularExpression pattern("&(?!&)\\w(?!\\w*;)");
    return text.count(pattern);
}

} // namespace

class TestTranslation : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;

    static QString fileOf(const QString& language)
    {
        return QString(MATMAMBA_RESOURCES "/translations/matmamba_%1.ts").arg(language);
    }
    void addLanguages()
    {
        QTest::addColumn<QString>("language");
        for (const char* language : {"de", "en"})
            QTest::newRow(language) << language;
    }

private slots:
    void everyTextIsTranslatedAndNoneIsLeftOver_data() { addLanguages(); }
    void everyTextIsTranslatedAndNoneIsLeftOver()
    {
        QFETCH(QString, language);
        const QString copy = m_folder.filePath(language + ".ts");
        QVERIFY(QFile::copy(fileOf(language), copy));
        QStringList arguments = QString(MATMAMBA_LUPDATE_ARGUMENTS).split('|');
        if (language == "en") // the texts are English: only what has plural forms needs a file
            arguments.prepend("-pluralonly");
        QProcess lupdate;
        lupdate.start(MATMAMBA_LUPDATE, arguments << "-ts" << copy);
        QVERIFY2(lupdate.waitForFinished(120000), qPrintable(lupdate.errorString()));
        QVERIFY2(lupdate.exitCode() == 0, lupdate.readAllStandardError().constData());

        const auto messages = messagesOf(copy);
        QVERIFY2(messages.size() > (language == "en" ? 20u : 300u),
                 qPrintable(QString("only %1 texts were found").arg(messages.size())));
        QStringList wrong;
        for (const Message& message : messages)
            if (!message.state.isEmpty())
                wrong << message.state + ", " + message.text();
        QVERIFY2(
            wrong.isEmpty(),
            qPrintable("build the target update_translations and translate:\n" + wrong.join('\n')));
    }

    void placeholdersAreTheSame_data() { addLanguages(); }
    void placeholdersAreTheSame()
    {
        QFETCH(QString, language);
        for (const Message& message : messagesOf(fileOf(language))) {
            QCOMPARE(message.translations.size(), message.isPlural ? 2 : 1);
            for (const QString& translation : message.translations) {
                QVERIFY2(!translation.isEmpty(), qPrintable(message.text()));
                QVERIFY2(placeholders(translation) == placeholders(message.source),
                         qPrintable(message.text() + " became \"" + translation + '"'));
                QVERIFY2(mnemonics(translation) == mnemonics(message.source),
                         qPrintable(message.text() + " became \"" + translation + '"'));
                // File filters are read by the file dialog.
                static const QRegularExpression filter("\\([^)]*\\*[^)]*\\)$");
                QCOMPARE(filter.match(translation).captured(),
                         filter.match(message.source).captured());
            }
        }
    }

    void theWindowSpeaksTheLanguagesThatHaveAFile()
    {
        QCOMPARE(languages(), (QStringList{"de", "en"}));
    }

    void numbersAndPluralsFollowTheLanguage()
    {
        useLanguage("de");
        QCOMPARE(samplesText(1, ModelKind::Vision), QString("1 Bild"));
        QCOMPARE(partText(2400, 10000, ModelKind::Vision), QString("2.400 von 10.000 Bildern"));
        QCOMPARE(metricText({71.34, 0.42, 2400}, Quality::Top1), QString("71,3 ± 0,4 %"));
        QCOMPARE(scaledText(41234567, "FLOPs"), QString("41,2 MFLOPs"));
        QCOMPARE(QLocale().decimalPoint(), QString(","));
        useLanguage("en");
        QCOMPARE(samplesText(1, ModelKind::Language), QString("1 token"));
        QCOMPARE(samplesText(10000, ModelKind::Vision), QString("10,000 pictures"));
        QCOMPARE(metricText({71.34, 0.42, 2400}, Quality::Top1), QString("71.3 ± 0.4 %"));
        QCOMPARE(QLocale().decimalPoint(), QString("."));
    }

    void qtsOwnTextsAreOfTheSameLanguage()
    {
        useLanguage("de"); // from the package qt6-translations-l10n
        const QDialogButtonBox german(QDialogButtonBox::Close);
        QCOMPARE(german.button(QDialogButtonBox::Close)->text().remove('&'), QString("Schließen"));
        QCOMPARE(QKeySequence("Ctrl+P").toString(QKeySequence::NativeText), QString("Strg+P"));
        useLanguage("en");
        const QDialogButtonBox english(QDialogButtonBox::Close);
        QCOMPARE(english.button(QDialogButtonBox::Close)->text().remove('&'), QString("Close"));
    }

    void theSystemsLanguageIsTakenWhereThereIsOne_data()
    {
        QTest::addColumn<QString>("LANGUAGE");
        QTest::addColumn<QString>("LANG");
        QTest::addColumn<bool>("german");
        QTest::newRow("LANG") << ""
                              << "de_AT.UTF-8" << true;
        QTest::newRow("LANGUAGE before LANG") << "de"
                                              << "en_US.UTF-8" << true;
        QTest::newRow("the next of LANGUAGE") << "fr:de:en"
                                              << "fr_FR.UTF-8" << true;
        QTest::newRow("English before German") << "en:de"
                                               << "de_DE.UTF-8" << false;
        QTest::newRow("one without a file") << ""
                                            << "fr_FR.UTF-8" << false;
        QTest::newRow("none") << ""
                              << "C.UTF-8" << false;
    }
    void theSystemsLanguageIsTakenWhereThereIsOne()
    {
        QFETCH(QString, LANGUAGE);
        QFETCH(QString, LANG);
        QFETCH(bool, german);
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANGUAGE"})
            environment.remove(name);
        environment.insert("LANG", LANG);
        if (!LANGUAGE.isEmpty())
            environment.insert("LANGUAGE", LANGUAGE);
        QProcess help;
        help.setProcessEnvironment(environment);
        help.start(MATMAMBA_EXPLORER, {"--help"});
        QVERIFY(help.waitForFinished(60000));
        QCOMPARE(help.exitCode(), 0);
        const QString said = QString::fromUtf8(help.readAllStandardOutput());
        QVERIFY2(said.contains(german ? "Zu klassifizierendes Bild" : "Picture to classify"),
                 qPrintable(said));
    }

    void theOptionWinsOverTheSystemsLanguage()
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("LANGUAGE", "de");
        environment.insert("LANG", "de_DE.UTF-8");
        QProcess program;
        program.setProcessEnvironment(environment);
        program.start(MATMAMBA_EXPLORER, {"--language", "en", "--help"});
        QVERIFY(program.waitForFinished(60000));
        QVERIFY(program.readAllStandardOutput().contains("Picture to classify"));

        program.start(MATMAMBA_EXPLORER,
                      {"--language=de", "--screenshot", m_folder.filePath("x.png"), "a", "b"});
        QVERIFY(program.waitForFinished(60000));
        QCOMPARE(program.exitCode(), 2);
        QCOMPARE(QString::fromUtf8(program.readAllStandardError()),
                 QString("ein MODEL wird erwartet, aber 2 wurden angegeben\n"));

        program.start(MATMAMBA_EXPLORER,
                      {"--language", "fr", "--screenshot", m_folder.filePath("x.png")});
        QVERIFY(program.waitForFinished(60000));
        QCOMPARE(program.exitCode(), 2);
        QCOMPARE(QString::fromUtf8(program.readAllStandardError()),
                 QString("--language wants one of de, en, but was given 'fr'\n"));
    }
};

QTEST_MAIN(TestTranslation)
#include "tst_translation.moc"
