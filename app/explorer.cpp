// The explorer's main: command line, built-in models, and the screenshot mode that needs no
// display. Exit codes: 0 done, 1 failed with a sentence on stderr, 2 wrong usage.
#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QFileInfo>
#include <QIcon>
#include <QRegularExpression>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <clocale>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include "app/start.h"
#include "engine/error.h"
#include "ui/classify_page.h"
#include "ui/device_menu.h"
#include "ui/explorer_window.h"
#include "ui/generate_page.h"
#include "ui/language.h"
#include "ui/screenshot.h"
#include "ui/start_up.h"

using namespace matmamba;

namespace
{

struct Options {
    QString model, data, picture, prompt, plan, page, screenshot;
    QStringList pins;
    std::optional<DeviceChoice> device; ///< else what was chosen in the window last
    std::optional<QSize> size;
};

void printSentence(const QString& sentence)
{
    std::fprintf(stderr, "%s\n", sentence.toUtf8().constData());
}

bool endsWithoutWindow(int argc, char** argv)
{
    for (int i = 1; i < argc; ++i)
        for (const char* windowless : {"--screenshot", "--help", "-h", "--version", "-v"})
            if (std::strncmp(argv[i], windowless, std::strlen(windowless)) == 0)
                return true;
    return false;
}

bool hasDisplay(int argc, char** argv)
{
    for (int i = 1; i < argc; ++i)
        if (std::strcmp(argv[i], "-platform") == 0)
            return true;
    return qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY")
        || qEnvironmentVariableIsSet("QT_QPA_PLATFORM");
}

/// Before the application is made: Qt must know that there may be nothing to draw on, and what it
/// remarks about that is nothing for a user; stderr is for our one sentence.
void prepareToEndWithoutWindow(int argc, char** argv)
{
    if (!hasDisplay(argc, argv))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    qInstallMessageHandler([](QtMsgType type, const QMessageLogContext&, const QString& message) {
        if (type == QtCriticalMsg || type == QtFatalMsg)
            printSentence(message);
    });
}

void describeCommandLine(QCommandLineParser& parser)
{
    parser.setApplicationDescription(QObject::tr(
        "Open a nested model, drag its widths, see what they cost and what they lose."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument("MODEL",
                                 QObject::tr("Model folder, weights file or project (default: what "
                                             "was open last, at first the built-in model)."),
                                 "[MODEL]");
    parser.addOptions({
        {"data",
         QObject::tr("What to measure on: a picture folder, CIFAR-10 or IDX files, a text or token "
                     "file, or shapes or tales, which the program makes (default: shapes for the "
                     "built-in model)."),
         "PATH"},
        {"device",
         QObject::tr("Where to compute in this run: cpu or cuda (default: what was chosen in the "
                     "window last, at first cuda if there is one)."),
         "DEVICE"},
        {"picture", QObject::tr("Picture to classify."), "FILE"},
        {"prompt", QObject::tr("Text for a language model to go on with."), "TEXT"},
        {"plan",
         QObject::tr("Widths to begin with: 32, or 64,8,… (one per layer), or a plan file."),
         "PLAN"},
        {"pin", QObject::tr("A plan to pin, written as --plan; may be given several times."),
         "PLAN"},
        {"page",
         QObject::tr("Page to show: classify, generate, layers or compare; or the panel details "
                     "or notes."),
         "NAME"},
        {"language",
         QObject::tr("Language of the window: %1 (default: the system's).")
             .arg(languages().join(", ")),
         "CODE"},
        {"screenshot", QObject::tr("Write the window as PNG when it is complete, and end."),
         "FILE"},
        {"size", QObject::tr("Size of the window in pixels, such as 1280x800."), "WxH"},
    });
}

/// What --language says, "" where it is not given. Read before all else, since what is said of the
/// other options is already in this language.
QString wantedLanguage(const QStringList& arguments)
{
    QCommandLineParser parser;
    parser.addOption({"language", {}, "CODE"});
    parser.parse(arguments); // the other options are unknown to it, and do not matter here
    return parser.value("language");
}

bool isProject(const QString& model)
{
    return model.endsWith(QString(".") + kProjectSuffix);
}

/// Throws Error for a value that cannot be used.
Options readOptions(const QCommandLineParser& parser)
{
    Options options;
    if (parser.positionalArguments().size() > 1)
        throw Error(QObject::tr("one MODEL is expected, but %n were given", nullptr,
                                int(parser.positionalArguments().size()))
                        .toStdString());
    options.model = parser.positionalArguments().value(0);
    options.data = parser.value("data");
    if (isProject(options.model) && !options.data.isEmpty())
        throw Error(QObject::tr("--data does not go with a project, which names its own data: open "
                                "%1 without it")
                        .arg(options.model)
                        .toStdString());
    options.picture = parser.value("picture");
    options.prompt = parser.value("prompt");
    options.plan = parser.value("plan");
    options.pins = parser.values("pin");
    options.page = parser.value("page");
    options.screenshot = parser.value("screenshot");
    if (parser.isSet("language") && !languages().contains(parser.value("language")))
        throw Error(QObject::tr("--language wants one of %1, but was given '%2'")
                        .arg(languages().join(", "), parser.value("language"))
                        .toStdString());
    if (parser.isSet("device"))
        options.device = parse_device(parser.value("device").toStdString());
    if (parser.isSet("size")) {
        static const QRegularExpression pattern("^([1-9]\\d{2,4})x([1-9]\\d{2,4})$");
        const auto match = pattern.match(parser.value("size"));
        if (!match.hasMatch())
            throw Error(QObject::tr("--size wants two numbers of at least 100 such as 1280x800, "
                                    "but was given '%1'")
                            .arg(parser.value("size"))
                            .toStdString());
        options.size = QSize(match.captured(1).toInt(), match.captured(2).toInt());
    }
    return options;
}

/// The built-in models that are there, in the installed tree, else in the source tree; the first
/// is the one to begin with.
QList<BuiltInModel> builtInModels()
{
    const QList<BuiltInModel> known = {
        {"shapes-vision", QObject::tr("24 classes of drawn pictures"), "shapes"},
        {"tales-lm", QObject::tr("stories from a grammar"), "tales"},
        {"cifar10-vision", QObject::tr("ten classes of small photographs"), ""},
        {"books-lm", QObject::tr("English novels"), ""},
    };
    const QString installed = QCoreApplication::applicationDirPath() + "/../share/matmamba";
    QList<BuiltInModel> found;
    for (const BuiltInModel& model : known) {
        for (const QString& resources : {installed, QString(MATMAMBA_SOURCE_RESOURCES)}) {
            const QString folder = resources + "/models/" + model.folder;
            if (QFileInfo::exists(folder + "/config.json")) {
                found.append({QDir::cleanPath(folder), model.what, model.data});
                break;
            }
        }
    }
    return found;
}

/// Plans need the model's layers: they are read when the model is open.
void takePlansWhenOpen(ExplorerWindow& window, const Options& options)
{
    QObject::connect(
        &window.bridge(), &EngineBridge::modelOpened, &window,
        [&window, plan = options.plan, pins = options.pins](const ModelInfo& info) {
            try {
                for (const QString& pin : pins)
                    window.pins().pin(parse_plan(pin.toStdString(), info.config));
                if (!plan.isEmpty())
                    window.plan().setPlan(parse_plan(plan.toStdString(), info.config),
                                          QObject::tr("plan of the command line"));
            } catch (const Error& error) {
                window.showError(QString::fromUtf8(error.what()));
            }
        },
        Qt::SingleShotConnection);
}

void generateWhenOpen(ExplorerWindow& window, const QString& prompt)
{
    QObject::connect(
        &window.bridge(), &EngineBridge::modelOpened, &window,
        [&window, prompt](const ModelInfo& info) {
            if (info.config.kind == ModelKind::Vision) {
                window.showError(QObject::tr("%1 is a vision model: open a language model to "
                                             "generate text.")
                                     .arg(QString::fromStdString(info.name)));
                return;
            }
            window.generator().setPrompt(prompt);
            window.generator().start();
        },
        Qt::SingleShotConnection);
}

void endWithScreenshot(ExplorerWindow& window, const Options& options)
{
    const bool hasData = !options.data.isEmpty() || options.model.isEmpty();
    const bool browses = hasData && options.page == "classify" && options.picture.isEmpty();
    if (browses)
        QObject::connect(&window.bridge(), &EngineBridge::dataOpened, &window,
                         [&window] { window.classifier().step(1); });
    auto* screenshot = new Screenshot(window,
                                      {.file = options.screenshot,
                                       .data = hasData,
                                       .text = !options.prompt.isEmpty(),
                                       .picture = !options.picture.isEmpty() || browses,
                                       .layers = hasData && options.page == "layers"});
    QObject::connect(screenshot, &Screenshot::done, qApp, [](const QString& error) {
        if (!error.isEmpty())
            printSentence(error);
        QCoreApplication::exit(error.isEmpty() ? 0 : 1);
    });
}

void showPageWhenOpen(ExplorerWindow& window, const QString& page)
{
    QObject::connect(
        &window.bridge(), &EngineBridge::modelOpened, &window,
        [&window, page] {
            if (!window.showPage(page))
                window.showError(QObject::tr("There is no page '%1' for this model: expected "
                                             "classify (vision), generate (language), layers, "
                                             "compare, details or notes.")
                                     .arg(page));
        },
        Qt::SingleShotConnection);
}

void open(ExplorerWindow& window, const Options& options)
{
    if (!options.page.isEmpty())
        showPageWhenOpen(window, options.page);
    if (!options.plan.isEmpty() || !options.pins.isEmpty())
        takePlansWhenOpen(window, options);
    if (!options.prompt.isEmpty())
        generateWhenOpen(window, options.prompt);
    if (!options.picture.isEmpty()) // only the open model says whether it sees pictures
        QObject::connect(
            &window.bridge(), &EngineBridge::modelOpened, &window,
            [&window, picture = options.picture] { window.classifyPictures({picture}); },
            Qt::SingleShotConnection);
    const QList<BuiltInModel> builtIn = builtInModels();
    window.offerBuiltInModels(builtIn);
    const bool asBefore = options.model.isEmpty() && options.data.isEmpty();
    if (!asBefore)
        window.keepSessionBefore();
    if (isProject(options.model)) {
        window.openProject(options.model);
        return;
    }
    if (asBefore && window.restoreAutosave())
        return;
    if (options.model.isEmpty() && builtIn.isEmpty()) {
        window.showError(QObject::tr("No built-in model was found beside the program: open a model "
                                     "folder instead (File → Open model folder…)."));
        return;
    }
    window.openModel(options.model.isEmpty() ? builtIn.first().folder : options.model);
    const QString data
        = options.data.isEmpty() && options.model.isEmpty() ? builtIn.first().data : options.data;
    if (!data.isEmpty())
        window.openData(data);
}

int run(const Options& options)
{
    // A screenshot neither reads nor leaves traces of a person's settings.
    QTemporaryDir scratch;
    const bool keeps = options.screenshot.isEmpty();
    const auto settings = keeps
        ? std::make_unique<QSettings>()
        : std::make_unique<QSettings>(scratch.filePath("settings.ini"), QSettings::IniFormat);
    ExplorerWindow window(
        options.device.value_or(savedDevice(*settings)), *settings,
        keeps ? QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) : QString());
    if (options.size)
        window.resize(*options.size);
    if (!keeps)
        endWithScreenshot(window, options);
    logStartUp(window);
    window.show();
    // From inside the event loop, so that a failure at once can still end the program.
    whenPainted(window, [&] { open(window, options); });
    return QApplication::exec();
}

} // namespace

int matmamba_main(int argc, char** argv)
{
    if (endsWithoutWindow(argc, argv)) {
        prepareToEndWithoutWindow(argc, argv);
    } else if (!hasDisplay(argc, argv)) {
        const QCoreApplication application(argc, argv);
        useLanguage(wantedLanguage(QCoreApplication::arguments()));
        printSentence(QObject::tr("There is no display to open a window on (neither DISPLAY nor "
                                  "WAYLAND_DISPLAY is set): --screenshot FILE draws without one."));
        return 1;
    }
    QApplication application(argc, argv);
    // Qt has taken the system's locale for the C library too; files are written with points.
    std::setlocale(LC_NUMERIC, "C");
    useLanguage(wantedLanguage(QApplication::arguments()));
    QApplication::setApplicationName("matmamba-explorer");
    QApplication::setApplicationDisplayName("MatMamba Explorer");
    QApplication::setOrganizationName("matmamba");
    QApplication::setApplicationVersion(MATMAMBA_VERSION);
    QApplication::setDesktopFileName("org.matmamba.Explorer");
    QApplication::setWindowIcon(QIcon(":/org.matmamba.Explorer.svg"));

    QCommandLineParser parser;
    describeCommandLine(parser);
    if (!parser.parse(QApplication::arguments())) {
        printSentence(parser.errorText());
        return 2;
    }
    if (parser.isSet("help"))
        parser.showHelp();
    if (parser.isSet("version"))
        parser.showVersion();
    try {
        return run(readOptions(parser));
    } catch (const Error& error) {
        printSentence(QString::fromUtf8(error.what()));
        return 2;
    }
}
