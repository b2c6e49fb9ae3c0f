// The real window with the real engine on fixtures, driven by synthetic mouse and keys, offscreen.
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QFileDialog>
#include <QImage>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QProcess>
#include <QRandomGenerator>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QTextEdit>
#include <QToolButton>
#include <QXmlStreamReader>

#include <algorithm>
#include <cmath>
#include <memory>

#include "ui/classify_page.h"
#include "ui/compare_page.h"
#include "ui/cost_panel.h"
#include "ui/device_menu.h"
#include "ui/error_bar.h"
#include "ui/explorer_window.h"
#include "ui/file_dialog.h"
#include "ui/generate_page.h"
#include "ui/layers_page.h"
#include "ui/path_kind.h"
#include "ui/project.h"
#include "ui/recent_paths.h"
#include "ui/scores_column.h"
#include "ui/status_panel.h"
#include "ui/tradeoff_page.h"
#include "ui/tradeoff_plot.h"
#include "ui/width_slider.h"
#include "ui/widths_panel.h"

using namespace matmamba;

class TestWindow : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString m_model = QString(MATMAMBA_FIXTURES) + "/vision-tiny";
    QString m_pictures, m_manyPictures, m_picture;
    ModelConfig m_config;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<ExplorerWindow> m_window;

    PlanModel& plan() { return m_window->plan(); }
    TradeoffPlot& plot() { return *m_window->tradeoff().plot(); }
    int bars() const { return std::min(5, m_config.n_classes); }

    /// A class folder for each class of the model with `each` pictures of noise.
    void makePictures(const QString& folder, int each)
    {
        for (int label = 0; label < m_config.n_classes; ++label) {
            const QString name = m_config.class_names.empty()
                ? QString("class%1").arg(label, 4, 10, QChar('0'))
                : QString::fromStdString(m_config.class_names[label]);
            QVERIFY(QDir(folder).mkpath(name));
            for (int i = 0; i < each; ++i) {
                QImage image(m_config.image_size, m_config.image_size, QImage::Format_RGB888);
                for (int y = 0; y < image.height(); ++y)
                    for (int x = 0; x < image.width(); ++x)
                        image.setPixel(x, y, QRandomGenerator::global()->generate() | 0xff000000u);
                QVERIFY(image.save(QString("%1/%2/%3.bmp").arg(folder, name).arg(i)));
            }
        }
    }

    void openModel()
    {
        QSignalSpy opened(&m_window->bridge(), &EngineBridge::modelOpened);
        m_window->openModel(m_model);
        QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, 30000);
    }
    void openData(const QString& folder)
    {
        QSignalSpy opened(&m_window->bridge(), &EngineBridge::dataOpened);
        m_window->openData(folder);
        QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, 30000);
    }
    void drop(const QString& path) { drop(QStringList{path}); }
    void drop(const QStringList& paths)
    {
        QMimeData mime;
        QList<QUrl> urls;
        for (const QString& path : paths)
            urls << QUrl::fromLocalFile(path);
        mime.setUrls(urls);
        QDragEnterEvent enter(QPoint(100, 100), Qt::CopyAction, &mime, Qt::LeftButton,
                              Qt::NoModifier);
        QCoreApplication::sendEvent(m_window.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent event(QPointF(100, 100), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_window.get(), &event);
    }
    /// Pictures with these names in a new folder, those named "broken…" no pictures; their paths.
    QStringList makeNamedPictures(const QString& folder, const QStringList& names)
    {
        const QString path = m_folder.filePath(folder);
        QDir().mkpath(path);
        QStringList files;
        for (const QString& name : names) {
            files << path + "/" + name;
            if (!name.startsWith("broken")) {
                QImage picture(40, 30, QImage::Format_RGB32);
                picture.fill(QColor(20 * int(files.size()), 40, 60));
                picture.save(files.last());
            } else if (QFile file(files.last()); file.open(QIODevice::WriteOnly)) {
                file.write("not a picture");
            }
        }
        return files;
    }

    /// Where on a slider the mouse must be for `heads`.
    static QPoint on(const WidthSlider* slider, int heads)
    {
        return {slider->width() / 2, slider->height() - 1 - slider->heightOf(heads)};
    }
    bool everythingIsMeasured()
    {
        return m_window->runs().isComplete(plan().plan())
            && m_window->status().workText().startsWith("Measured on all");
    }
    /// Saves the project and tells what the file says is open.
    Project saved(const QString& path)
    {
        const QString sentence = m_window->saveProject(path);
        QFile file(path);
        return sentence.isEmpty() && file.open(QIODevice::ReadOnly)
            ? readProject(file.readAll(), path)
            : Project();
    }
    QAction* action(const QKeySequence& keys)
    {
        for (QAction* candidate : m_window->findChildren<QAction*>())
            if (candidate->shortcut() == keys)
                return candidate;
        return nullptr;
    }

private slots:
    void initTestCase()
    {
        QVERIFY2(QFile::exists(m_model + "/config.json"),
                 qPrintable("the fixture model is missing: " + m_model));
        m_config = read_config((m_model + "/config.json").toStdString());
        m_pictures = m_folder.filePath("pictures");
        m_manyPictures = m_folder.filePath("many");
        makePictures(m_pictures, 320 / m_config.n_classes + 1);
        makePictures(m_manyPictures, 6000 / m_config.n_classes + 1);
        m_picture = m_folder.filePath("photo.png");
        QImage photo(300, 200, QImage::Format_RGB32);
        photo.fill(QColor(200, 40, 60));
        QVERIFY(photo.save(m_picture));
    }

    void init()
    {
        m_settings
            = std::make_unique<QSettings>(m_folder.filePath("settings.ini"), QSettings::IniFormat);
        m_settings->clear();
        m_window = std::make_unique<ExplorerWindow>(DeviceChoice::Cpu, *m_settings);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    void cleanup()
    {
        m_window.reset();
        m_settings.reset();
    }

    void theEmptyWindowSaysWhatToDo()
    {
        QCOMPARE(m_window->widths().layerCount(), 0);
        QVERIFY(plot().message().contains("Open a model"));
        QCOMPARE(m_window->costs().valueText(CostKind::Flops), QString("–"));
        m_window->openData(m_pictures);
        QVERIFY(m_window->errorBar().sentence().contains("Open a model first"));
    }

    void aModelOpensAtFullWidth()
    {
        openModel();
        QCOMPARE(m_window->widths().layerCount(), m_config.n_layer);
        QCOMPARE(plan().plan(), Plan::uniform(m_config.n_layer, 64));
        QCOMPARE(m_window->costs().shareText(CostKind::Params), QString("100.0 % of full"));
        QVERIFY(plot().message().contains("Data → Open folder"));
        QVERIFY(m_window->windowTitle().contains("vision-tiny"));
        QCOMPARE(m_window->errorBar().sentence(), QString());
    }

    void everySliderHasANameWithItsWidth()
    {
        openModel();
        plan().setLayer(1, 32);
        for (int layer = 0; layer < m_config.n_layer; ++layer)
            QCOMPARE(m_window->widths().layerSlider(layer)->accessibleName(),
                     QString("Layer %1 width, %2 of 64 heads")
                         .arg(layer + 1)
                         .arg(plan().plan().heads[layer]));
        QVERIFY(
            m_window->widths().masterSlider()->accessibleName().startsWith("Width of all layers"));
    }

    void aDragMovesCostAndMarkerInTheSameTurn()
    {
        openModel();
        WidthSlider* slider = m_window->widths().layerSlider(0);
        const QString flops = m_window->costs().valueText(CostKind::Flops);
        const double x = *plot().current()->x;
        // No event loop runs between the mouse events and the checks.
        QTest::mousePress(slider, Qt::LeftButton, {}, on(slider, 64));
        QTest::mouseMove(slider, on(slider, 20));
        QVERIFY(plan().plan().heads[0] < 24 && plan().plan().heads[0] > 16);
        QVERIFY(m_window->costs().valueText(CostKind::Flops) != flops);
        QVERIFY(m_window->costs().shareText(CostKind::Flops) != "100.0 % of full");
        QVERIFY(plot().current()->x < x);
        QTest::mouseRelease(slider, Qt::LeftButton, {}, on(slider, 20));
    }

    void undoTakesADragBackInOneStep()
    {
        openModel();
        WidthSlider* slider = m_window->widths().layerSlider(1);
        plan().setLayer(0, 40);
        const Plan before = plan().plan();
        QTest::mousePress(slider, Qt::LeftButton, {}, on(slider, 60));
        for (int heads = 59; heads >= 10; --heads)
            QTest::mouseMove(slider, on(slider, heads));
        QTest::mouseRelease(slider, Qt::LeftButton, {}, on(slider, 10));
        const Plan after = plan().plan();
        QVERIFY(after != before);
        QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(plan().plan(), before);
        QCOMPARE(slider->value(), 64);
        QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(plan().plan(), after);
    }

    void keysWheelAndDoubleClickMoveTheWidth()
    {
        openModel();
        WidthSlider* slider = m_window->widths().layerSlider(0);
        const auto width = [&] { return plan().plan().heads[0]; };
        slider->setFocus();
        QTest::keyClick(slider, Qt::Key_PageDown);
        QCOMPARE(width(), 32);
        QTest::keyClick(slider, Qt::Key_Down);
        QCOMPARE(width(), 31);
        QTest::keyClick(slider, Qt::Key_PageDown);
        QCOMPARE(width(), 16);
        QTest::keyClick(slider, Qt::Key_Up);
        QCOMPARE(width(), 17);
        QTest::keyClick(slider, Qt::Key_PageUp);
        QCOMPARE(width(), 32);
        QWheelEvent notch(QPointF(5, 5), slider->mapToGlobal(QPointF(5, 5)), {}, {0, -120},
                          Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(slider, &notch);
        QCOMPARE(width(), 31);
        QTest::mouseDClick(slider, Qt::LeftButton, {}, on(slider, 31));
        QCOMPARE(width(), 64);
    }

    void masterAndPresetsSetAllLayers()
    {
        openModel();
        m_window->widths().masterSlider()->setFocus();
        QTest::keyClick(m_window->widths().masterSlider(), Qt::Key_PageDown);
        QCOMPARE(plan().plan(), Plan::uniform(m_config.n_layer, 32));
        action(QKeySequence("Ctrl+4"))->trigger();
        QCOMPARE(plan().plan(), Plan::uniform(m_config.n_layer, 8));
        QCOMPARE(m_window->widths().masterSlider()->value(), 8);
        action(QKeySequence("Ctrl+R"))->trigger();
        QVERIFY(plan().undoStack()->undoText().contains("random"));
    }

    void picturesFillThePlotWithTheReferenceWidths()
    {
        openModel();
        openData(m_pictures);
        const auto isFull = [this] {
            for (const Plan& stop : reference_plans(m_config))
                if (const Measurement* run = m_window->runs().find(stop); !run || !run->complete())
                    return false;
            return true;
        };
        QTRY_VERIFY_WITH_TIMEOUT(isFull(), 60000);
        QCOMPARE(plot().points().size(), std::size_t(4));
        for (const PlotPoint& point : plot().points()) {
            QVERIFY(point.isStop);
            QVERIFY(point.y >= 0 && point.y <= 100);
            QVERIFY(point.x > 0);
        }
        QCOMPARE(plot().message(), QString());
        QVERIFY(plot().current()->text.contains("(n = "));
        QTRY_VERIFY(m_window->status().workText().startsWith("Measured on all"));
    }

    void workSurvivesAKillAndComesBack()
    {
        const QString folder = m_folder.filePath("autosave");
        m_window = std::make_unique<ExplorerWindow>(DeviceChoice::Cpu, *m_settings, folder);
        QVERIFY(!m_window->restoreAutosave()); // nothing yet
        openModel();
        openData(m_pictures);
        plan().setLayer(0, 24);
        const Plan mixed = plan().plan();
        action(QKeySequence("Ctrl+P"))->trigger();
        m_window->pins().setNote(mixed, "keep");
        action(QKeySequence("Ctrl+B"))->trigger();
        plan().setAllLayers(16);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().isComplete(mixed), 60000);
        const auto saved = [&] {
            QFile file(m_window->autosaveFile());
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        const double loss = m_window->runs().find(mixed)->loss->value;
        QTRY_VERIFY_WITH_TIMEOUT(saved().contains(QByteArray::number(loss, 'g', 10).chopped(2)),
                                 5000);
        // What a kill leaves is the file: another window begins with a copy of it.
        QVERIFY(QDir().mkpath(m_folder.filePath("after")));
        QVERIFY(
            QFile::copy(m_window->autosaveFile(), m_folder.filePath("after/autosave-1.matmamba")));
        m_window = std::make_unique<ExplorerWindow>(DeviceChoice::Cpu, *m_settings,
                                                    m_folder.filePath("after"));
        QVERIFY(m_window->restoreAutosave());
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().data(), 30000);
        QCOMPARE(plan().plan(), Plan::uniform(m_config.n_layer, 16));
        QCOMPARE(m_window->pins().find(mixed)->note, QString("keep"));
        QCOMPARE(m_window->pins().planB(), mixed);
        QCOMPARE(m_window->runs().find(mixed)->loss->value, loss);
        QCOMPARE(m_window->costs().deltaText(CostKind::Flops), QString());
        m_window->pins().setBaseline(mixed);
        QVERIFY(m_window->costs().deltaText(CostKind::Flops).startsWith("Δ"));
    }

    void aDamagedProjectChangesNothing()
    {
        openModel();
        openData(m_pictures);
        QTRY_COMPARE_WITH_TIMEOUT(plot().points().size(), std::size_t(4), 60000);
        const QString file = m_folder.filePath("work.matmamba");
        QCOMPARE(m_window->saveProject(file), QString());
        QVERIFY(m_window->windowTitle().startsWith("work"));
        QFile damaged(file);
        QVERIFY(damaged.open(QIODevice::ReadWrite));
        QVERIFY(damaged.resize(damaged.size() - 20));
        const QByteArray before = damaged.readAll();
        damaged.close();
        m_window->openProject(file);
        QVERIFY(m_window->errorBar().sentence().contains("work.matmamba"));
        QCOMPARE(plot().points().size(), std::size_t(4));
        QVERIFY(damaged.open(QIODevice::ReadOnly));
        QCOMPARE(damaged.readAll(), before);
        QVERIFY(m_window->saveProject(m_folder.filePath("absent/x.matmamba")).contains("absent"));
    }

    void savingGoesOnBesideTheWindowAndAFailureLeavesTheFileBefore()
    {
        openModel();
        const QString file = m_folder.filePath("beside.matmamba");
        const auto written = [&] {
            QFile saved(file);
            return saved.open(QIODevice::ReadOnly) ? saved.readAll() : QByteArray();
        };
        m_window->notes().setPlainText("first");
        m_window->startSaving(file);
        m_window->notes().setPlainText("second"); // not in it any more
        QTRY_VERIFY(m_window->windowTitle().startsWith("beside"));
        QVERIFY(m_window->isWindowModified());
        QVERIFY(written().contains("first"));
        QSignalSpy failed(m_window.get(), &ExplorerWindow::failed);
        m_window->startSaving(m_folder.filePath("absent/x.matmamba"));
        QVERIFY(!m_window->isWindowModified()); // as far as is known
        QTRY_COMPARE(failed.count(), 1);
        QVERIFY(m_window->errorBar().sentence().contains("absent"));
        QVERIFY(m_window->windowTitle().startsWith("beside"));
        QVERIFY(m_window->isWindowModified());
        m_window->startSaving(m_folder.filePath("absent/y.matmamba"));
        m_window->startSaving(file); // at once
        QCOMPARE(failed.count(), 2);
        m_window->openProject(file); // waits for it
        QVERIFY(m_window->windowTitle().startsWith("beside"));
        QCOMPARE(m_window->notes().toPlainText(), "second");
        m_window->notes().setPlainText("third");
        m_window->startSaving(file);
        m_window.reset(); // so does this
        QVERIFY(written().contains("third"));
    }

    void whatFailsToBeSavedIsAskedForBeforeItIsLeft()
    {
        openModel();
        openData(m_pictures);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->runs().runs().empty(), 60000);
        m_window->notes().setPlainText("not to be lost");
        m_window->startSaving(m_folder.filePath("absent/x.matmamba"));
        action(QKeySequence("Ctrl+N"))->trigger();
        auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
        QVERIFY(box);
        box->button(QMessageBox::Cancel)->click();
        QCOMPARE(m_window->notes().toPlainText(), "not to be lost");
    }

    void aProjectThatIsOpenedIsNotModifiedBefore()
    {
        openModel();
        openData(m_pictures);
        QTRY_VERIFY_WITH_TIMEOUT(everythingIsMeasured(), 60000);
        const QString file = m_folder.filePath("unchanged.matmamba");
        QCOMPARE(saved(file).data, m_pictures);
        m_window = std::make_unique<ExplorerWindow>(DeviceChoice::Cpu, *m_settings);
        bool said = false; // that what is complete is measured again
        connect(&m_window->bridge(), &EngineBridge::measured, this, [&] {
            said = said
                || m_window->status().workText().startsWith(
                    "Measuring again what width 64 predicts")
                || m_window->status().workText().startsWith("Measuring again what current plan");
        });
        m_window->openProject(file);
        // What it names is kept while it is being opened,
        const Project early = saved(m_folder.filePath("early.matmamba"));
        QVERIFY(early.model.endsWith("vision-tiny"));
        QCOMPARE(early.data, m_pictures);
        // and that it is open is no change, nor what its plans predict.
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().data(), 30000);
        QTRY_VERIFY_WITH_TIMEOUT(everythingIsMeasured(), 60000);
        QVERIFY(m_window->runs().find(plan().plan())->predictions);
        QVERIFY(said);
        QVERIFY(!m_window->isWindowModified());
        plan().setAllLayers(9);
        QVERIFY(m_window->isWindowModified());
    }

    void aSavedProjectIsNotModifiedAtTheNextStart()
    {
        const QString folder = m_folder.filePath("restart");
        const auto restart = [&] {
            m_window.reset(); // its autosave is another window's then
            m_window = std::make_unique<ExplorerWindow>(DeviceChoice::Cpu, *m_settings, folder);
            return m_window->restoreAutosave();
        };
        QVERIFY(!restart());
        openModel();
        openData(m_pictures);
        QTRY_VERIFY_WITH_TIMEOUT(everythingIsMeasured(), 60000);
        QCOMPARE(m_window->saveProject(m_folder.filePath("restart.matmamba")), QString());
        QVERIFY(restart());
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().data(), 30000);
        QTRY_VERIFY_WITH_TIMEOUT(everythingIsMeasured(), 60000);
        QVERIFY(m_window->windowTitle().startsWith("restart"));
        QVERIFY(!m_window->isWindowModified());
        plan().setAllLayers(9);
        QVERIFY(m_window->isWindowModified());
        QVERIFY(restart());
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().data(), 30000);
        QVERIFY(m_window->isWindowModified());
    }

    void aSessionBelongsToItsOwnProjectFile()
    {
        const QString folder = m_folder.filePath("sessions");
        const auto start = [&](bool asBefore) {
            m_window.reset();
            m_window = std::make_unique<ExplorerWindow>(DeviceChoice::Cpu, *m_settings, folder);
            if (asBefore)
                return m_window->restoreAutosave();
            m_window->keepSessionBefore();
            return true;
        };
        start(false);
        openModel();
        const Plan mixed = Plan::uniform(m_config.n_layer, 24);
        m_window->pins().pin(mixed);
        QCOMPARE(m_window->saveProject(m_folder.filePath("odd.matmamba")), QString());
        QVERIFY(start(true));
        QTRY_VERIFY_WITH_TIMEOUT(m_window->model(), 30000);
        QVERIFY(m_window->windowTitle().startsWith("odd"));

        start(false); // with a model of the command line
        openModel();
        QVERIFY(!m_window->windowTitle().startsWith("odd"));
        m_window->notes().setPlainText("another session");
        QVERIFY(start(true));
        QTRY_VERIFY_WITH_TIMEOUT(m_window->model(), 30000);
        QVERIFY(!m_window->windowTitle().startsWith("odd"));
        QCOMPARE(m_window->notes().toPlainText(), "another session");
        QVERIFY(!m_window->pins().isPinned(mixed));

        QAction* restore = nullptr;
        for (QAction* candidate : m_window->findChildren<QAction*>())
            if (candidate->text() == "Restore the session before")
                restore = candidate;
        QVERIFY(restore && restore->isEnabled());
        restore->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->pins().isPinned(mixed), 30000);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->windowTitle().startsWith("odd"), 30000);
        QCOMPARE(m_window->notes().toPlainText(), QString());
    }

    void aPlanFileIsOpenedAndWhatIsWrittenIsTold()
    {
        const QString file = m_folder.filePath("mine.json");
        m_window->openPath(file);
        QVERIFY(m_window->errorBar().sentence().contains("mine.json is a plan"));
        openModel();
        plan().setAllLayers(24);
        plan().setLayer(0, 7);
        const Plan mine = plan().plan();
        m_window->bridge().exportPlan(mine, EngineThread::ExportAs::PlanFile, file);
        QTRY_VERIFY(m_window->status().noteText().contains("mine.json"));
        plan().setAllLayers(64);
        m_window->openPath(file);
        QCOMPARE(plan().plan(), mine);
        plan().undoStack()->undo();
        QCOMPARE(plan().plan(), Plan::uniform(m_config.n_layer, 64));
        QFile broken(m_folder.filePath("broken.json"));
        QVERIFY(broken.open(QIODevice::WriteOnly) && broken.write("{}") == 2);
        broken.close();
        m_window->openPath(broken.fileName());
        QVERIFY(m_window->errorBar().sentence().contains("broken.json"));
        QCOMPARE(plan().plan(), Plan::uniform(m_config.n_layer, 64));

        m_window->startSaving(m_folder.filePath("told.matmamba"));
        QTRY_VERIFY(m_window->status().noteText().contains("told.matmamba"));
        QVERIFY(!m_window->errorBar().isVisible()); // that is over
        m_window->startSaving(m_folder.filePath("absent/told.matmamba"));
        QTRY_VERIFY(m_window->errorBar().isVisible());
        QCOMPARE(m_window->status().noteText(), QString());
    }

    void whatIsMeasuredIsSavedUnasked_data()
    {
        QTest::addColumn<bool>("closes");
        QTest::newRow("another project") << false;
        QTest::newRow("closed") << true;
    }
    void whatIsMeasuredIsSavedUnasked()
    {
        QFETCH(bool, closes);
        openModel();
        openData(m_manyPictures);
        const QString path = m_folder.filePath("measuring.matmamba");
        QCOMPARE(m_window->saveProject(path), QString());
        QVERIFY(!everythingIsMeasured());
        QVERIFY(!m_window->isWindowModified());
        QTRY_VERIFY_WITH_TIMEOUT(everythingIsMeasured(), 60000);
        QVERIFY(!m_window->isWindowModified());
        if (closes)
            m_window->close();
        else
            action(QKeySequence("Ctrl+N"))->trigger();
        QVERIFY(!m_window->findChild<QMessageBox*>());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const Project project = readProject(file.readAll(), path);
        QCOMPARE(project.runs.size(), std::size_t(1));
        QVERIFY(
            project.runs.begin()->second.runs.at(Plan::uniform(m_config.n_layer, 64)).complete());
    }

    void aProjectWhoseModelDoesNotOpenKeepsItsPath()
    {
        openModel();
        openData(m_pictures);
        QTRY_VERIFY_WITH_TIMEOUT(everythingIsMeasured(), 60000);
        const QString path = m_folder.filePath("moved.matmamba");
        QVERIFY(saved(path).model.endsWith("vision-tiny"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        QJsonObject project = QJsonDocument::fromJson(file.readAll()).object();
        const QString gone = m_folder.filePath("gone");
        project["open"] = QJsonObject{{"model", gone}, {"data", "shapes"}};
        QVERIFY(file.resize(0));
        file.write(QJsonDocument(project).toJson());
        file.close();
        QSignalSpy failed(m_window.get(), &ExplorerWindow::failed);
        m_window->openProject(path);
        QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, 30000);
        // The model before goes on with its data, beside the sentence.
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().data(), 30000);
        QTRY_VERIFY_WITH_TIMEOUT(everythingIsMeasured(), 60000);
        QVERIFY(m_window->errorBar().sentence().contains(gone));
        QCOMPARE(saved(path).model, gone);
        QCOMPARE(saved(path).data, QString("shapes"));
        // Until the person opens another.
        openModel();
        QVERIFY(saved(path).model.endsWith("vision-tiny"));
    }

    void aNewProjectMeasuresWhatIsOpenAnew()
    {
        openModel();
        openData(m_pictures);
        QTRY_VERIFY_WITH_TIMEOUT(everythingIsMeasured(), 60000);
        plan().setAllLayers(30);
        QTRY_VERIFY_WITH_TIMEOUT(everythingIsMeasured(), 60000);
        action(QKeySequence("Ctrl+N"))->trigger();
        auto* box = m_window->findChild<QMessageBox*>();
        QVERIFY(box);
        box->button(QMessageBox::Discard)->click();
        QVERIFY(m_window->runs().all().empty());
        QCOMPARE(plan().plan(), Plan::uniform(m_config.n_layer, 64));
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().data(), 30000);
        QTRY_VERIFY_WITH_TIMEOUT(everythingIsMeasured(), 60000);
        QVERIFY(!m_window->runs().find(Plan::uniform(m_config.n_layer, 30)));
    }

    void axesAreChosenByBoxes()
    {
        openModel();
        openData(m_pictures);
        QTRY_COMPARE_WITH_TIMEOUT(plot().points().size(), std::size_t(4), 60000);
        QComboBox* quality = m_window->tradeoff().qualityBox();
        QComboBox* cost = m_window->tradeoff().costBox();
        const PlotPoint top1 = plot().points().front();
        quality->setCurrentIndex(quality->findText("Loss"));
        QVERIFY(plot().points().front().y != top1.y);
        QCOMPARE(plot().yAxis->label(), QString("Loss, nats"));
        cost->setCurrentIndex(cost->findText("Parameters"));
        QVERIFY(plot().points().front().x != top1.x);
        QVERIFY(plot().xAxis->label().startsWith("Parameters"));
        action(QKeySequence("Ctrl+L"))->trigger();
        QCOMPARE(plot().xAxis->scaleType(), QCPAxis::stLogarithmic);
    }

    void aClickedPointBringsItsPlanToTheSliders()
    {
        openModel();
        openData(m_pictures);
        QTRY_COMPARE_WITH_TIMEOUT(plot().points().size(), std::size_t(4), 60000);
        action(QKeySequence("Ctrl+R"))->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(plot().points().size() > 4, 60000);
        action(QKeySequence("Ctrl+M"))->trigger(); // stops only: no other point is in the way
        plot().replot();
        const auto& points = plot().points();
        const PlotPoint narrowest = *std::find_if(
            points.begin(), points.end(), [](const PlotPoint& point) { return point.isStop; });
        QCOMPARE(narrowest.plan, Plan::uniform(m_config.n_layer, 8));
        QTest::mouseClick(&plot(), Qt::LeftButton, {}, plot().pixelOf(narrowest).toPoint());
        QCOMPARE(plan().plan(), narrowest.plan);
        QCOMPARE(m_window->widths().layerSlider(0)->value(), narrowest.plan.heads[0]);
    }

    void aRectangleAroundPointsPinsAndComparesThem()
    {
        openModel();
        openData(m_pictures);
        QTRY_COMPARE_WITH_TIMEOUT(plot().points().size(), std::size_t(4), 60000);
        plot().replot();
        const QCPRange range = plot().xAxis->range();
        const QPoint outside(4, 4); // of the two narrowest points' corners
        const auto drag = [&](std::size_t first, std::size_t last, Qt::KeyboardModifier key) {
            QRectF around(plot().pixelOf(plot().points()[first]), QSizeF());
            for (std::size_t i = first; i <= last; ++i) {
                const QPointF at = plot().pixelOf(plot().points()[i]);
                around = around.united(QRectF(at - QPointF(1, 1), QSizeF(2, 2)));
            }
            const QPoint begin = around.topLeft().toPoint() - outside;
            const QPoint end = around.bottomRight().toPoint() + outside;
            QTest::mousePress(&plot(), Qt::LeftButton, key, begin);
            // A move knows the button only as an event of its own.
            for (const QPoint& at : {(begin + end) / 2, end}) {
                QMouseEvent move(QEvent::MouseMove, at, plot().mapToGlobal(at), Qt::NoButton,
                                 Qt::LeftButton, key);
                QCoreApplication::sendEvent(&plot(), &move);
            }
            QTest::mouseRelease(&plot(), Qt::LeftButton, key, end);
        };
        const auto pins = [&] { return m_window->pins().pins().size(); };
        const Plan current = plan().plan();
        drag(0, 1, Qt::ShiftModifier);
        QCOMPARE(pins(), 2u);
        for (const int heads : {8, 16})
            QVERIFY(m_window->pins().isPinned(Plan::uniform(m_config.n_layer, heads)));
        QVERIFY(m_window->comparison().isVisible());
        QCOMPARE(plot().xAxis->range(), range); // the view has not moved
        QCOMPARE(plan().plan(), current);
        action(QKeySequence("Ctrl+Z"))->trigger(); // one step
        QCOMPARE(pins(), 0u);

        drag(0, 1, Qt::NoModifier); // moves the view
        QCOMPARE(pins(), 0u);
        QVERIFY(plot().xAxis->range() != range);
        action(QKeySequence("Ctrl+0"))->trigger();
        action(QKeySequence("Ctrl+Shift+R"))->trigger();
        QVERIFY(m_window->tradeoff().selectButton()->isChecked());
        plot().replot();
        drag(1, 3, Qt::NoModifier);
        QCOMPARE(pins(), 3u);
        action(QKeySequence("Ctrl+Z"))->trigger();

        // By keys: what is in view, after zooming the widest out of it.
        plot().setFocus();
        const double widest = plot().points().back().x;
        while (plot().xAxis->range().upper > widest)
            QTest::keyClick(&plot(), Qt::Key_Left);
        action(QKeySequence("Ctrl+Shift+P"))->trigger();
        QCOMPARE(pins(), 3u);
        QVERIFY(!m_window->pins().isPinned(Plan::uniform(m_config.n_layer, 64)));
        QTest::keyClick(&plot(), Qt::Key_Home);
        QCOMPARE(plot().xAxis->range(), range);
    }

    void speedsAreMeasuredWhereTheyAreShown()
    {
        openModel();
        openData(m_pictures);
        QSignalSpy idle(&m_window->bridge(), &EngineBridge::idle);
        QTRY_COMPARE_WITH_TIMEOUT(plot().points().size(), std::size_t(4), 60000);
        QTRY_VERIFY_WITH_TIMEOUT(!idle.isEmpty(), 60000);
        QVERIFY(m_window->runs().allSpeeds().empty()); // nobody has asked
        QComboBox* cost = m_window->tradeoff().costBox();
        cost->setCurrentIndex(cost->findText("Latency"));
        QVERIFY(plot().points().empty());
        QVERIFY(plot().message().contains("speed"));
        QTRY_COMPARE_WITH_TIMEOUT(plot().points().size(), std::size_t(4), 30000);
        QVERIFY(plot().xAxis->label().contains("ms"));
        QCOMPARE(plot().message(), QString());
        for (const PlotPoint& point : plot().points())
            QVERIFY(plot().xAxis->range().contains(point.x) && point.xError >= 0);
        QVERIFY(plot().current()->x);
        plan().setAllLayers(11);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().findSpeed(plan().plan()), 30000);

        cost->setCurrentIndex(cost->findText("FLOPs"));
        const Plan pinned = Plan::uniform(m_config.n_layer, 5);
        m_window->pins().pin(pinned);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().isComplete(pinned), 30000);
        QVERIFY(!m_window->runs().findSpeed(pinned)); // the table is not to be seen
        QVERIFY(m_window->showPage("compare"));
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().findSpeed(pinned), 30000);
    }

    void speedsOfEachDeviceAreKept()
    {
        openModel();
        openData(m_pictures);
        QTRY_COMPARE_WITH_TIMEOUT(plot().points().size(), std::size_t(4), 60000);
        QComboBox* cost = m_window->tradeoff().costBox();
        cost->setCurrentIndex(cost->findText("Latency"));
        const Plan full = plan().plan();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().findSpeed(full), 30000);
        // As an engine on a card tells it; tst_gpu_lost has one.
        DeviceChanged card{DeviceChoice::Cuda, {}, m_window->model(), m_window->runs().data()};
        card.model->device = "cuda:0";
        card.model->compute_type = "bfloat16";
        emit m_window->bridge().deviceChanged(card);
        QVERIFY(!m_window->runs().findSpeed(full));
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().findSpeed(full), 30000);
        const SpeedSets& speeds = m_window->runs().allSpeeds();
        QCOMPARE(speeds.size(), std::size_t(2));
        QCOMPARE(speeds.begin()->first.device, std::string("cpu"));
        QCOMPARE(speeds.rbegin()->first.device, std::string("cuda:0"));
    }

    void speedsAreAskedForAnewAfterOneHasFailed()
    {
        openModel();
        openData(m_pictures);
        QTRY_COMPARE_WITH_TIMEOUT(plot().points().size(), std::size_t(4), 60000);
        QComboBox* cost = m_window->tradeoff().costBox();
        cost->setCurrentIndex(cost->findText("Latency"));
        QTRY_COMPARE_WITH_TIMEOUT(plot().points().size(), std::size_t(4), 30000);
        plan().setAllLayers(11); // asks for another, which the engine forgets as it fails
        m_window->bridge().measureSpeeds({});
        emit m_window->bridge().failed({Request::MeasureSpeed, 0, "A speed has failed"});
        m_window->pins().setPlanB(Plan::uniform(m_config.n_layer, 8)); // what is done next
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().findSpeed(plan().plan()), 30000);
    }

    void frontAndLabelsAreSwitched()
    {
        openModel();
        openData(m_pictures);
        QTRY_COMPARE_WITH_TIMEOUT(plot().points().size(), std::size_t(4), 60000);
        QVERIFY(!plot().front().empty() && plot().hasVisibleLabels());
        QAction* front = action(QKeySequence("Ctrl+F"));
        front->trigger();
        QVERIFY(plot().front().empty() && !m_window->tradeoff().frontBox()->isChecked());
        m_window->tradeoff().frontBox()->click();
        QVERIFY(front->isChecked() && !plot().front().empty());
        action(QKeySequence("Ctrl+Shift+L"))->trigger();
        QVERIFY(!plot().hasVisibleLabels());
    }

    void aNewerPlanSupersedesTheOneBeingMeasured()
    {
        openModel();
        openData(m_manyPictures);
        QSignalSpy measured(&m_window->bridge(), &EngineBridge::measured);
        QTRY_VERIFY_WITH_TIMEOUT(!measured.isEmpty(), 30000);
        const std::int64_t all = m_window->runs().data()->samples;
        for (const int heads : {50, 40, 30, 20})
            plan().setLayer(0, heads);
        const Plan newest = plan().plan();
        std::int64_t firstPlanDone = -1; // when the newest plan's first result came
        QObject context;
        connect(&m_window->bridge(), &EngineBridge::measured, &context, [&](const Plan& plan) {
            const Measurement* full = m_window->runs().find(Plan::uniform(m_config.n_layer, 64));
            if (plan == newest && firstPlanDone < 0)
                firstPlanDone = full ? full->samples_done : 0;
        });
        // While the new plan has no result, the last one stays on the plot, named as such.
        QVERIFY(plot().current()->isPrevious);
        QVERIFY(plot().current()->text.contains("previous plan"));
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().find(newest), 30000);
        QVERIFY(!plot().current()->isPrevious);
        QVERIFY2(firstPlanDone >= 0 && firstPlanDone < all,
                 "the first plan ran to its end before the newest was measured");
    }

    void measuringIsCancelledAndGoesOnWithTheNextMove()
    {
        openModel();
        openData(m_manyPictures);
        QSignalSpy measured(&m_window->bridge(), &EngineBridge::measured);
        QTRY_VERIFY_WITH_TIMEOUT(!measured.isEmpty(), 30000);
        QSignalSpy idle(&m_window->bridge(), &EngineBridge::idle);
        QVERIFY(action(QKeySequence(Qt::Key_Escape))->isEnabled());
        QTest::keyClick(m_window.get(), Qt::Key_Escape);
        QTRY_COMPARE(idle.count(), 1);
        QCOMPARE(idle.first().first().value<Rest>(), Rest::Cancelled);
        QVERIFY(m_window->status().workText().startsWith("Cancelled"));
        QVERIFY(!m_window->runs().runs().empty()); // what was measured stays
        for (const auto& [plan, run] : m_window->runs().runs())
            QVERIFY(!run.complete());
        plan().setAllLayers(20);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().find(plan().plan()), 30000);
    }

    void aBadFolderGivesASentenceAndKeepsTheModel()
    {
        openModel();
        openData(m_pictures);
        plan().setLayer(0, 12);
        const Plan before = plan().plan();
        QSignalSpy failed(m_window.get(), &ExplorerWindow::failed);
        m_window->openModel(m_folder.path());
        QTRY_COMPARE(failed.count(), 1);
        QVERIFY(m_window->errorBar().isVisible());
        QVERIFY(m_window->errorBar().sentence().contains(m_folder.path()));
        QCOMPARE(plan().plan(), before);
        QVERIFY(m_window->model().has_value());
        QVERIFY(m_window->runs().data().has_value());
        // The model still answers.
        plan().setLayer(0, 13);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().find(plan().plan()), 30000);
        QTest::mouseClick(m_window->errorBar().findChild<QToolButton*>("dismissError"),
                          Qt::LeftButton);
        QCOMPARE(m_window->errorBar().sentence(), QString());
    }

    void badDataGivesASentence()
    {
        openModel();
        QSignalSpy failed(m_window.get(), &ExplorerWindow::failed);
        m_window->openData(m_folder.filePath("absent"));
        QTRY_COMPARE(failed.count(), 1);
        QVERIFY(m_window->errorBar().sentence().contains("absent"));
        QVERIFY(!m_window->runs().data());
    }

    void anotherModelClearsThePointsAndReopensTheData()
    {
        openModel();
        openData(m_pictures);
        QTRY_VERIFY_WITH_TIMEOUT(!plot().points().empty(), 30000);
        QSignalSpy reopened(&m_window->bridge(), &EngineBridge::dataOpened);
        QSignalSpy restarted(&m_window->runs(), &RunStore::restarted);
        openModel();
        QVERIFY(restarted.count() >= 1);
        QTRY_COMPARE_WITH_TIMEOUT(reopened.count(), 1, 30000);
        QTRY_COMPARE_WITH_TIMEOUT(plot().points().size(), std::size_t(4), 60000);
    }

    void aDroppedPictureIsClassifiedAndFollowsThePlan()
    {
        openModel();
        QSignalSpy classified(&m_window->bridge(), &EngineBridge::classified);
        drop(m_picture);
        QTRY_COMPARE_WITH_TIMEOUT(classified.count(), 1, 30000);
        QCOMPARE(m_window->classifier().column(0).visibleBars(), bars());
        double sum = 0;
        for (const ClassScore& score : m_window->classifier().result()->scores)
            sum += score.probability;
        QVERIFY(sum > 0 && sum < 1.001);
        plan().setAllLayers(8);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->classifier().result()->plan == plan().plan(), 30000);
    }

    void theDataSetIsBrowsedByWhatAAndBSay()
    {
        openModel();
        openData(m_pictures);
        plan().setAllLayers(3); // B stays the full model
        ClassifyPage& page = m_window->classifier();
        const Plan narrow = plan().plan(), full = Plan::uniform(m_config.n_layer, 64);
        const auto measured = [&] {
            return m_window->runs().isComplete(narrow) && m_window->runs().isComplete(full);
        };
        QTRY_VERIFY_WITH_TIMEOUT(measured(), 60000);
        const std::int64_t all = m_window->runs().data()->samples;
        QCOMPARE(page.matching().size(), std::size_t(all));
        QComboBox& filter = *page.filterBox();
        filter.setCurrentIndex(filter.findText("A and B differ"));
        const std::size_t differing = page.matching().size();
        QVERIFY(differing > 0 && differing < std::size_t(all));
        filter.setCurrentIndex(filter.findText("A right, B wrong"));
        const std::size_t aRight = page.matching().size();
        filter.setCurrentIndex(filter.findText("B right, A wrong"));
        QVERIFY(aRight + page.matching().size() <= differing);
        filter.setCurrentIndex(filter.findText("A and B differ"));
        page.step(1);
        QCOMPARE(page.sample(), std::optional(page.matching()[0]));
        QTRY_VERIFY_WITH_TIMEOUT(page.result() && page.column(1).scores(), 30000);
        QVERIFY(page.result()->scores[0].index != page.column(1).scores()->scores[0].index);
        QVERIFY(page.positionText().startsWith("1 of "));
        page.step(-1); // round to the last
        QCOMPARE(page.sample(), std::optional(page.matching().back()));
    }

    void aPlanIsExportedAsAFileAndAsAModelOfItsOwn()
    {
        openModel();
        plan().setLayer(0, 24);
        plan().setLayer(1, 9);
        const Plan narrow = plan().plan();
        QSignalSpy exported(&m_window->bridge(), &EngineBridge::exported);
        const QString file = m_folder.filePath("narrow.json"), model = m_folder.filePath("narrow");
        m_window->bridge().exportPlan(narrow, EngineThread::ExportAs::PlanFile, file);
        QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, 30000);
        QCOMPARE(parse_plan(file.toStdString(), m_config), narrow);
        m_window->bridge().exportPlan(narrow, EngineThread::ExportAs::SlicedModel, model);
        QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 2, 30000);
        QCOMPARE(exported[1][0].value<Exported>().model->logit_difference, 0.0);
        QVERIFY(m_window->status().noteText().contains(model));

        QSignalSpy classified(&m_window->bridge(), &EngineBridge::classified);
        drop(m_picture);
        QTRY_COMPARE_WITH_TIMEOUT(classified.count(), 1, 30000);
        const double before = m_window->classifier().result()->scores[0].probability;
        QSignalSpy opened(&m_window->bridge(), &EngineBridge::modelOpened);
        m_window->openModel(model);
        QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, 30000);
        QCOMPARE(plan().plan(), narrow); // as wide as it is
        QCOMPARE(m_window->widths().layerSlider(1)->maximum(), 9);
        // The picture stays, and the opened model is asked for it.
        QTRY_COMPARE_WITH_TIMEOUT(classified.count(), 2, 30000);
        QCOMPARE(m_window->classifier().result()->plan, narrow);
        QCOMPARE(m_window->classifier().result()->scores[0].probability, before);
        // What cannot be written is a sentence.
        QSignalSpy failed(m_window.get(), &ExplorerWindow::failed);
        m_window->bridge().exportPlan(narrow, EngineThread::ExportAs::SlicedModel,
                                      m_folder.filePath("absent/deeper"));
        QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, 30000);
    }

    void measuringGoesOnWhenAnOpeningIsCancelled()
    {
        openModel();
        openData(m_manyPictures);
        QSignalSpy measured(&m_window->bridge(), &EngineBridge::measured);
        QVERIFY(measured.wait(30000));
        m_window->openModel(MATMAMBA_RESOURCES "/models/tales-lm");
        // Before it is loaded the person sees what it will take.
        QVERIFY(m_window->status().workText().contains("tales-lm, which needs about 11.8 MB of"));
        action(QKeySequence(Qt::Key_Escape))->trigger();
        QCOMPARE(m_window->status().workText(), QString("Cancelled"));
        measured.clear();
        QVERIFY(measured.wait(30000));
        QVERIFY(m_window->windowTitle().contains("vision-tiny"));
        QVERIFY(m_window->status().workText().startsWith("Measuring"));
    }

    void plansOfTheModelBeforeAreNotMeasuredByTheNext()
    {
        openModel();
        openData(m_pictures);
        QSignalSpy failed(m_window.get(), &ExplorerWindow::failed);
        QSignalSpy data(&m_window->bridge(), &EngineBridge::dataOpened);
        m_window->openModel(MATMAMBA_RESOURCES "/models/shapes-vision");
        m_window->openData("shapes");
        QTest::qSleep(1500); // the engine has opened it; the window does not know yet
        m_window->pins().pin(Plan::uniform(m_config.n_layer, 5));
        QTRY_COMPARE_WITH_TIMEOUT(data.count(), 1, 60000);
        QVERIFY(m_window->model()->config.n_layer != m_config.n_layer);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().find(plan().plan()), 60000);
        QCOMPARE(failed.count(), 0);
    }

    void noPlanIsExportedWhileAnotherModelIsOpened()
    {
        openModel();
        const QString file = m_folder.filePath("late.json");
        action(QKeySequence("Ctrl+E"))->trigger();
        auto* dialog = m_window->findChild<QFileDialog*>();
        QVERIFY(dialog);
        QSignalSpy exported(&m_window->bridge(), &EngineBridge::exported);
        m_window->openModel(m_model);
        emit dialog->fileSelected(file);
        dialog->close();
        QVERIFY(m_window->errorBar().sentence().contains("late.json was not written"));
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->bridge().isOpeningModel(), 30000);
        m_window->bridge().exportPlan(plan().plan(), EngineThread::ExportAs::PlanFile,
                                      m_folder.filePath("right.json"));
        QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, 30000);
        QVERIFY(!QFile::exists(file));
    }

    void whatIsDroppedIsOpenedAsWhatItIs()
    {
        QSignalSpy model(&m_window->bridge(), &EngineBridge::modelOpened);
        QSignalSpy data(&m_window->bridge(), &EngineBridge::dataOpened);
        drop(m_model);
        QTRY_COMPARE_WITH_TIMEOUT(model.count(), 1, 30000);
        drop(m_pictures);
        QTRY_COMPARE_WITH_TIMEOUT(data.count(), 1, 30000);
    }

    void severalDroppedPicturesAreBrowsed()
    {
        openModel();
        openData(m_pictures);
        plan().setAllLayers(8); // B stays the full model
        ClassifyPage& page = m_window->classifier();
        QSignalSpy failed(m_window.get(), &ExplorerWindow::failed);
        drop(makeNamedPictures("several", {"one.png", "broken.png", "two.png", "three.png"}));
        const auto shows
            = [&](const QString& name) { return page.title().startsWith(name) && page.result(); };
        QTRY_VERIFY_WITH_TIMEOUT(shows("one.png, 40 × 30"), 30000);
        QCOMPARE(page.filterBox()->currentText(), QString("Opened pictures"));
        QCOMPARE(page.positionText(), QString("1 of 4"));
        const bool agree
            = page.result()->scores[0].index == page.column(1).scores()->scores[0].index;
        QVERIFY(page.title().endsWith(agree ? "A and B agree" : "A and B differ"));
        // What is no picture is told and passed over, by keys as by the buttons.
        QTest::keyClick(m_window.get(), Qt::Key_Right, Qt::AltModifier);
        QTRY_VERIFY_WITH_TIMEOUT(shows("two.png"), 30000);
        QCOMPARE(failed.count(), 1);
        QVERIFY(m_window->errorBar().sentence().contains("broken.png"));
        QCOMPARE(page.positionText(), QString("2 of 3"));
        QTest::keyClick(m_window.get(), Qt::Key_Right, Qt::AltModifier);
        QTRY_VERIFY_WITH_TIMEOUT(shows("three.png"), 30000);
        QTest::keyClick(m_window.get(), Qt::Key_Right, Qt::AltModifier); // round the end
        QTRY_VERIFY_WITH_TIMEOUT(shows("one.png"), 30000);
        QTest::keyClick(m_window.get(), Qt::Key_Left, Qt::AltModifier);
        QTRY_VERIFY_WITH_TIMEOUT(shows("three.png"), 30000);

        // To the data set and back.
        QComboBox& filter = *page.filterBox();
        filter.setCurrentIndex(filter.findText("All of the data set"));
        page.step(1);
        QCOMPARE(page.sample(), std::optional<std::int64_t>(0));
        filter.setCurrentIndex(filter.findText("Opened pictures"));
        QTRY_VERIFY_WITH_TIMEOUT(!page.sample() && shows("three.png"), 30000);
        QCOMPARE(page.positionText(), QString("3 of 3"));
    }

    void aFolderOfUnlabelledPicturesIsBrowsedInItsOrder()
    {
        openModel();
        ClassifyPage& page = m_window->classifier();
        QSignalSpy classified(&m_window->bridge(), &EngineBridge::classified);
        makeNamedPictures("loose", {"30 %2.png", "10.png", "2.png", "1.png", "broken.txt"});
        drop(m_folder.filePath("loose"));
        QTRY_COMPARE_WITH_TIMEOUT(classified.count(), 1, 30000);
        QVERIFY(page.title().startsWith("1.png"));
        QCOMPARE(page.positionText(), QString("1 of 4"));
        for (const char* name : {"2.png", "10.png", "30 %2.png, 40 × 30"}) {
            page.step(1);
            QTRY_VERIFY_WITH_TIMEOUT(page.title().startsWith(name), 30000);
        }
        // The class folders of a data set are none.
        QVERIFY(unlabelledPictures(m_pictures).isEmpty());
    }

    void aBrokenFileLeavesThePicturesOpenedBefore()
    {
        openModel();
        ClassifyPage& page = m_window->classifier();
        const QStringList files = makeNamedPictures("kept", {"one.png", "two.png", "broken.png"});
        drop(files.mid(0, 2));
        QTRY_VERIFY_WITH_TIMEOUT(page.result(), 30000);
        QSignalSpy failed(m_window.get(), &ExplorerWindow::failed);
        drop(files[2]);
        QTRY_COMPARE(failed.count(), 1);
        QVERIFY(page.title().startsWith("one.png"));
        QCOMPARE(page.positionText(), QString("1 of 2"));
    }

    void severalPicturesAreChosenInTheDialog()
    {
        openModel();
        action(QKeySequence("Ctrl+I"))->trigger();
        auto* dialog = m_window->findChild<QFileDialog*>();
        QVERIFY(dialog);
        QCOMPARE(dialog->fileMode(), QFileDialog::ExistingFiles);
        emit dialog->filesSelected(makeNamedPictures("chosen", {"one.png", "two.png"}));
        dialog->close();
        ClassifyPage& page = m_window->classifier();
        QTRY_VERIFY_WITH_TIMEOUT(page.result(), 30000);
        QCOMPARE(page.positionText(), QString("1 of 2"));
    }

    void aFileThatIsNoPictureGivesASentence()
    {
        openModel();
        const QString file = m_folder.filePath("broken.png");
        QFile broken(file);
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write("not a picture");
        broken.close();
        QSignalSpy failed(m_window.get(), &ExplorerWindow::failed);
        drop(file);
        QTRY_COMPARE(failed.count(), 1);
        QVERIFY(m_window->errorBar().sentence().contains("broken.png"));
        QVERIFY(!m_window->classifier().hasPicture());
    }

    void coloursFollowThePalette()
    {
        openModel();
        QPalette dark;
        dark.setColor(QPalette::Base, QColor(25, 25, 28));
        dark.setColor(QPalette::Window, QColor(35, 35, 38));
        dark.setColor(QPalette::Text, Qt::white);
        dark.setColor(QPalette::WindowText, Qt::white);
        const QPalette light = QApplication::palette();
        QApplication::setPalette(dark);
        QTRY_COMPARE(plot().toPixmap().toImage().pixelColor(2, 2), QColor(25, 25, 28));
        QApplication::setPalette(light);
    }

    void runsOfAnotherModelAreKept()
    {
        const QString text = m_folder.filePath("words.txt");
        QFile file(text);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray("It was a dark night, and the ring was gone. ").repeated(60));
        file.close();
        const auto complete
            = [&] { return m_window->runs().data() && m_window->runs().isComplete(plan().plan()); };
        std::vector<double> losses;
        bool known = true;
        for (int turn = 0; turn < 4; ++turn) {
            m_model = QString(MATMAMBA_FIXTURES) + (turn % 2 ? "/lm-tiny" : "/vision-tiny");
            openModel();
            // Complete as soon as the data are open, before anything can be measured again.
            const auto once = connect(&m_window->bridge(), &EngineBridge::dataOpened, this,
                                      [&] { known = complete(); });
            openData(turn % 2 ? text : m_pictures);
            disconnect(once);
            QCOMPARE(known, turn > 1);
            QTRY_VERIFY_WITH_TIMEOUT(complete(), 60000);
            losses.push_back(m_window->runs().find(plan().plan())->loss->value);
        }
        m_model = QString(MATMAMBA_FIXTURES) + "/vision-tiny";
        QCOMPARE(losses[2], losses[0]);
        QCOMPARE(losses[3], losses[1]);
    }

    void theDeviceIsChosenInAMenuAndRemembered()
    {
        openModel(); // the engine tells what it finds when it is first needed
        DeviceMenu& menu = m_window->devices();
        QTRY_VERIFY(menu.entry(DeviceChoice::Cpu)->isChecked());
        QTRY_VERIFY(!menu.entry(DeviceChoice::Cuda)->toolTip().startsWith("Looking"));
        QVERIFY(savedDevice(*m_settings) == DeviceChoice::Best);
        menu.entry(DeviceChoice::Cpu)->trigger();
        QVERIFY(savedDevice(*m_settings) == DeviceChoice::Cpu);
        saveDevice(*m_settings, DeviceChoice::Cuda);
        QVERIFY(savedDevice(*m_settings) == DeviceChoice::Best);
        const bool hasCard = menu.entry(DeviceChoice::Cuda)->isEnabled();
        // What cannot be used says why, and stays unchecked.
        menu.offer({{DeviceChoice::Cpu, "cpu", ""}, {DeviceChoice::Cuda, "", "No card, no card"}});
        QVERIFY(!menu.entry(DeviceChoice::Cuda)->isEnabled());
        QCOMPARE(menu.entry(DeviceChoice::Cuda)->toolTip(), QString("No card, no card"));
        QVERIFY(menu.toolTipsVisible());
        menu.offer({{DeviceChoice::Cpu, "cpu", ""}, {DeviceChoice::Cuda, "cuda:0 (X)", ""}});
        QVERIFY(menu.entry(DeviceChoice::Cuda)->isEnabled());
        QVERIFY(menu.entry(DeviceChoice::Cuda)->toolTip().contains("cuda:0 (X)"));
        if (!hasCard) { // asked for all the same: a sentence
            QSignalSpy failed(m_window.get(), &ExplorerWindow::failed);
            menu.entry(DeviceChoice::Cuda)->trigger();
            QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, 30000);
            QVERIFY(menu.entry(DeviceChoice::Cpu)->isChecked());
            QVERIFY(!menu.entry(DeviceChoice::Cuda)->isChecked());
            QTRY_COMPARE(m_window->status().workText(), QString("Ready"));
        }
    }

    void aChangeOfTheDeviceIsSaidAndCancelled()
    {
        openModel();
        openData(m_manyPictures);
        QSignalSpy measured(&m_window->bridge(), &EngineBridge::measured);
        QVERIFY(measured.wait(30000));
        m_window->devices().entry(DeviceChoice::Cpu)->trigger();
        emit m_window->bridge().opening(m_model, 0.5); // as one that opens the model there tells
        QCOMPARE(m_window->status().workText(), QString("Changing the device"));
        action(QKeySequence(Qt::Key_Escape))->trigger();
        QCOMPARE(m_window->status().workText(), QString("Cancelled"));
        emit m_window->bridge().opening(m_model, 0.7); // told before it was cancelled
        QCOMPARE(m_window->status().workText(), QString("Cancelled"));
        measured.clear();
        QVERIFY(measured.wait(30000));
        QVERIFY(m_window->status().workText().startsWith("Measuring"));
    }

    void aLostGpuIsAStateThatTheCpuEnds()
    {
        openModel();
        openData(m_pictures);
        plan().setAllLayers(20);
        const Plan narrow = plan().plan();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->runs().isComplete(narrow), 60000);
        QTRY_VERIFY(m_window->status().workText().startsWith("Measured on all"));
        plan().setAllLayers(30);
        plan().undoStack()->undo();
        // As a card that is lost tells; tst_gpu_lost loses one.
        emit m_window->bridge().deviceLost("The GPU is lost to this program (a test)");
        QCOMPARE(m_window->errorBar().sentence(),
                 QString("The GPU is lost to this program (a test)"));
        QCOMPARE(m_window->status().workText(), QString("The GPU is lost"));
        auto* goOn = m_window->errorBar().findChild<QToolButton*>("errorRemedy");
        QVERIFY(goOn->isVisible());
        QVERIFY(m_window->runs().isComplete(narrow));
        m_window->showError("Another error"); // the way out stays
        QVERIFY(goOn->isVisible());
        QTest::mouseClick(goOn, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->errorBar().sentence(), QString(), 30000);
        QVERIFY(m_window->runs().isComplete(narrow));
        QCOMPARE(plan().plan(), narrow);
        QVERIFY(plan().undoStack()->canRedo());
        QVERIFY(savedDevice(*m_settings) == DeviceChoice::Best);
        m_window->showError("Another error");
        QVERIFY(!goOn->isVisible());
    }

    void everyActionHasAShortcut()
    {
        openModel();
        QStringList keys;
        for (const QAction* entry : m_window->menuBar()->actions()) {
            const auto* menu = entry->menu<QMenu*>();
            QVERIFY(menu);
            for (const QAction* item : menu->actions()) {
                QVERIFY2(item->isSeparator() || item->menu<QMenu*>() || !item->shortcut().isEmpty(),
                         qPrintable(item->text()));
                if (!item->shortcut().isEmpty())
                    keys << item->shortcut().toString();
            }
        }
        for (const QAction* item : m_window->comparison().actions())
            keys << item->shortcut().toString();
        QCOMPARE(QSet<QString>(keys.begin(), keys.end()).size(), keys.size()); // each its own
        action(QKeySequence("F1"))->trigger();
        const auto* help = m_window->findChild<QTextBrowser*>();
        QVERIFY(help);
        for (const QString& key : std::as_const(keys))
            QVERIFY2(help->toPlainText().contains(key), qPrintable(key));
    }

    void openedPathsAreRemembered()
    {
        openModel();
        openData(m_pictures);
        m_window->close();
        QVERIFY(m_settings->value("recent/models").toStringList().first().endsWith("vision-tiny"));
        QVERIFY(m_settings->value("recent/data").toStringList().first().endsWith("pictures"));
        QVERIFY(!m_settings->value("window/geometry").toByteArray().isEmpty());
    }

    void thePlotDrawsTheFloorOfMadeData()
    {
        ModelConfig config = m_config;
        config.kind = ModelKind::Language;
        config.vocab_size = 100;
        PlanModel language;
        language.reset(config, 2);
        RunStore runs;
        TradeoffPage page(language, runs);
        page.resize(800, 500);
        DataInfo tales;
        tales.samples = 1000;
        tales.entropy = 1.5;
        runs.startData(tales);
        Measurement measurement;
        measurement.loss = Metric{2.0, 0.01, 1000};
        measurement.perplexity = Metric{std::exp(2.0), 0.07, 1000};
        measurement.samples_done = measurement.samples_total = 1000;
        runs.record(language.plan(), measurement);
        TradeoffPlot& drawn = *page.plot();
        QVERIFY(drawn.floor());
        QCOMPARE(*drawn.floor(), std::exp(1.5));
        QVERIFY(drawn.yAxis->range().contains(std::exp(1.5)));
        const QCPGraph* line = drawn.floorLine();
        QVERIFY(drawn.legend->hasItemWithPlottable(line));
        QCOMPARE(line->name(), QString("Perplexity of the grammar itself"));
        QCOMPARE(line->pen().style(), Qt::DashLine);
        const auto spans = [&] {
            return line->dataMainKey(0) == drawn.xAxis->range().lower
                && line->dataMainKey(1) == drawn.xAxis->range().upper;
        };
        QVERIFY(spans());
        drawn.xAxis->scaleRange(0.5);
        QVERIFY(spans());
        page.qualityBox()->setCurrentIndex(page.qualityBox()->findText("Loss"));
        QCOMPARE(*drawn.floor(), 1.5);
        QCOMPARE(line->name(), QString("Entropy of the grammar"));
        QCOMPARE(line->dataMainValue(0), 1.5);
        DataInfo book;
        book.samples = 1000;
        runs.startData(book);
        QVERIFY(!drawn.floor() && !drawn.legend->hasItemWithPlottable(line));
    }

    void marksOnTheScreenAreWhereAnExportDrawsThem()
    {
        TradeoffPlot alone;
        alone.resize(600, 400);
        alone.setCostLimits(1, 10);
        const PlotPoint point{.plan = Plan::uniform(2, 8), .x = 5.123, .y = 0.6180};
        alone.setPoints({point});
        alone.setFrontVisible(false);
        const QImage screen = alone.grab().toImage(); // which gives it its size first
        const QPointF centre = alone.pixelOf(point);
        const auto markIn = [&](const QImage& image) { // its middle, and how many pixels it has
            QPointF sum;
            int pixels = 0;
            for (int y = int(centre.y()) - 12; y <= int(centre.y()) + 12; ++y)
                for (int x = int(centre.x()) - 12; x <= int(centre.x()) + 12; ++x)
                    if (image.pixelColor(x, y).saturation() > 60) {
                        sum += QPointF(x + 0.5, y + 0.5);
                        ++pixels;
                    }
            return std::pair(sum / pixels, pixels);
        };
        const auto [shown, shownPixels] = markIn(screen);
        const auto [drawn, drawnPixels] = markIn(alone.toPixmap(600, 400).toImage());
        QVERIFY2(drawnPixels > 30, qPrintable(QString::number(drawnPixels)));
        QVERIFY2(std::abs(shownPixels - drawnPixels) < drawnPixels / 4,
                 qPrintable(QString("%1 and %2").arg(shownPixels).arg(drawnPixels)));
        const QPointF away = shown - drawn;
        QVERIFY2(std::hypot(away.x(), away.y()) < 0.75,
                 qPrintable(QString("%1, %2").arg(away.x()).arg(away.y())));
        QVERIFY(std::hypot((drawn - centre).x(), (drawn - centre).y()) < 0.75);
    }

    void aBuiltInModelOpensWithItsData()
    {
        m_window->offerBuiltInModels(
            {{m_model, "noise", ""}, {MATMAMBA_RESOURCES "/models/tales-lm", "stories", "tales"}});
        QSignalSpy opened(&m_window->bridge(), &EngineBridge::modelOpened);
        QSignalSpy data(&m_window->bridge(), &EngineBridge::dataOpened);
        QAction* action = nullptr;
        for (QAction* candidate : m_window->findChildren<QAction*>())
            if (candidate->text() == "tales-lm: stories")
                action = candidate;
        QVERIFY(action);
        QVERIFY(!action->shortcut().isEmpty());
        action->trigger();
        QVERIFY(data.wait(30000));
        QCOMPARE(opened.size(), 1);
        QVERIFY(m_window->model()->config.kind == ModelKind::Language);
    }

    void aTextIsGeneratedByAAndB()
    {
        m_window->show();
        GeneratePage& page = m_window->generator();
        openModel();
        QVERIFY(!page.isVisible()); // a vision model has no texts
        QVERIFY(!action(QKeySequence("Ctrl+G"))->isEnabled());
        m_model = MATMAMBA_RESOURCES "/models/tales-lm";
        openModel();
        QVERIFY(page.isVisible());
        QVERIFY(!m_window->classifier().isVisible());

        auto* prompt = page.findChild<QLineEdit*>();
        prompt->setText("It was");
        QTest::keyClick(prompt, Qt::Key_Return);
        QVERIFY(page.isGenerating());
        QTRY_VERIFY_WITH_TIMEOUT(page.hasResult(), 30000);
        const QString full = page.text(0);
        QVERIFY(full.contains("friends lived in the valley"));
        QCOMPARE(page.text(1), QString()); // B is full width too
        QVERIFY(page.note(1).contains("same plan"));
        QVERIFY(page.note(0).contains("tokens/s"));

        plan().setAllLayers(1);
        std::vector<Generating> tokens;
        QObject listening;
        connect(&m_window->bridge(), &EngineBridge::tokensGenerated, &listening,
                [&](const std::vector<Generating>& more) {
                    tokens.insert(tokens.end(), more.begin(), more.end());
                });
        action(QKeySequence("Ctrl+G"))->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(page.hasResult(), 30000);
        for (int i = 0; i < 20; ++i) // side by side
            QCOMPARE(tokens[i].index, std::size_t(i % 2));
        QCOMPARE(page.text(1), full);
        QVERIFY(page.text(0) != full);
        QVERIFY(page.firstDifference());
        const auto marked = page.findChildren<QTextEdit*>().at(1)->extraSelections();
        QCOMPARE(marked.size(), 1);
        QCOMPARE(page.text(0).left(marked[0].cursor.selectionStart()),
                 full.left(marked[0].cursor.selectionStart()));

        action(QKeySequence("Ctrl+G"))->trigger();
        QVERIFY(page.isGenerating());
        action(QKeySequence("Esc"))->trigger();
        QVERIFY(!page.isGenerating());
        action(QKeySequence("Ctrl+G"))->trigger();
        emit m_window->bridge().idle(Rest::Cancelled); // of what was cancelled before
        QVERIFY(page.isGenerating());
        QTRY_VERIFY_WITH_TIMEOUT(page.hasResult(), 30000);
        QCOMPARE(page.text(1), full);

        m_window->close(); // prompt and numbers are kept
        m_window = std::make_unique<ExplorerWindow>(DeviceChoice::Cpu, *m_settings);
        QCOMPARE(m_window->generator().findChild<QLineEdit*>()->text(), QString("It was"));
        m_model = QString(MATMAMBA_FIXTURES) + "/vision-tiny";
    }

    void aPastedPictureNeedsAVisionModel()
    {
        m_model = QString(MATMAMBA_FIXTURES) + "/lm-tiny";
        openModel();
        m_model = QString(MATMAMBA_FIXTURES) + "/vision-tiny";
        QApplication::clipboard()->setImage(QImage(m_picture));
        action(QKeySequence("Ctrl+V"))->trigger();
        QVERIFY(m_window->errorBar().sentence().contains("open a vision model"));
        QVERIFY(!m_window->classifier().hasPicture());
    }

    void aCancelledOrFailedClassificationDoesNotWaitForever()
    {
        openModel();
        const Plan right = plan().plan();
        ClassifyPage page(
            plan(), m_window->pins(), m_window->runs(),
            {.picture = [](const std::vector<Plan>&, const Picture&) { return std::uint64_t(7); },
             .sample = {}});
        page.openFiles({m_picture});
        QTRY_VERIFY(page.hasPicture());
        QVERIFY(page.note().startsWith("Classifying"));
        page.showFailure(6); // of a picture before
        QVERIFY(page.note().startsWith("Classifying"));
        page.showFailure(7);
        QVERIFY(page.note().contains("could not be classified"));
        page.askAgain();
        QVERIFY(page.note().startsWith("Classifying"));
        page.showCancelled();
        QVERIFY(page.note().startsWith("Cancelled"));
        QCOMPARE(plan().plan(), right);
    }

    void aFailedOpeningEndsItsProgress()
    {
        openModel();
        QSignalSpy failed(m_window.get(), &ExplorerWindow::failed);
        m_window->openData(m_folder.filePath("absent"));
        QVERIFY(m_window->status().workText().startsWith("Opening"));
        QTRY_COMPARE(failed.count(), 1);
        QTRY_COMPARE(m_window->status().workText(), QString("Ready"));
        QVERIFY(!action(QKeySequence(Qt::Key_Escape))->isEnabled());
    }

    void theSaveDialogTakesTheChosenFiltersSuffix()
    {
        openModel();
        action(QKeySequence("Ctrl+Alt+E"))->trigger();
        auto* dialog = m_window->findChild<QFileDialog*>();
        QVERIFY(dialog);
        QCOMPARE(dialog->defaultSuffix(), QString("png"));
        auto* filters = dialog->findChild<QComboBox*>("fileTypeCombo");
        QVERIFY(filters);
        const auto name = [&] { return QFileInfo(dialog->selectedFiles().value(0)).fileName(); };
        QCOMPARE(name(), QString("vision-tiny-plot.png"));
        for (const char* suffix : {"svg", "pdf", "csv"}) {
            QTest::keyClick(filters, Qt::Key_Down);
            QCOMPARE(dialog->defaultSuffix(), QString(suffix));
            QCOMPARE(name(), QString("vision-tiny-plot.") + suffix);
        }
        dialog->close();
    }

    void aNameWithAPointGetsItsSuffixAsWell()
    {
        showSaveDialog(m_window.get(), "x", {"Table (*.csv)", "Picture (*.png)"}, "mamba2-1.3b",
                       [](const QString&) {});
        auto* dialog = m_window->findChild<QFileDialog*>();
        QVERIFY(dialog);
        const auto name = [&] { return QFileInfo(dialog->selectedFiles().value(0)).fileName(); };
        QCOMPARE(name(), QString("mamba2-1.3b.csv"));
        emit dialog->filterSelected("Picture (*.png)");
        QCOMPARE(name(), QString("mamba2-1.3b.png"));
        dialog->close();
    }

    void tablesAreWrittenUnderASuggestedName()
    {
        openModel();
        openData(m_pictures);
        QTRY_VERIFY_WITH_TIMEOUT(everythingIsMeasured(), 60000);
        const auto write = [this](const QString& suggested) {
            auto* dialog = m_window->findChild<QFileDialog*>();
            QVERIFY(dialog);
            QCOMPARE(QFileInfo(dialog->selectedFiles().value(0)).fileName(), suggested);
            emit dialog->fileSelected(m_folder.filePath(suggested));
            delete dialog;
        };
        const auto lines = [this](const QString& name) {
            QFile file(m_folder.filePath(name));
            return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()).split('\n')
                                                  : QStringList();
        };
        QVERIFY(!action(QKeySequence("Ctrl+Alt+L"))->isEnabled());
        m_window->layers().measure();
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->layers().isMeasuring(), 60000);
        QVERIFY(action(QKeySequence("Ctrl+Alt+L"))->isEnabled());
        action(QKeySequence("Ctrl+Alt+L"))->trigger();
        write("vision-tiny-layers.csv");
        QVERIFY(lines("vision-tiny-layers.csv").value(0).startsWith("layer,heads,"));
        m_window->pins().pin(Plan::uniform(m_config.n_layer, 32));
        m_window->pins().setNote(Plan::uniform(m_config.n_layer, 32), "half");
        emit m_window->comparison().exportRequested();
        write("vision-tiny-compared.csv");
        QVERIFY(lines("vision-tiny-compared.csv").value(0).endsWith(",agreement_stderr,note"));
        QVERIFY(lines("vision-tiny-compared.csv").value(1).endsWith(",\"half\""));
        plan().setAllLayers(16);
        action(QKeySequence("Ctrl+E"))->trigger();
        write("vision-tiny-width-16.json");
        action(QKeySequence("Ctrl+Shift+S"))->trigger();
        write("vision-tiny.matmamba");
    }

    void theDataDialogShowsIdxFiles()
    {
        action(QKeySequence("Ctrl+Shift+D"))->trigger();
        auto* dialog = m_window->findChild<QFileDialog*>();
        QVERIFY(dialog);
        const QString filter = dialog->nameFilters().first();
        const QStringList patterns = filter.section('(', 1).chopped(1).split(' ');
        for (const char* name : {"t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz",
                                 "t10k-images.idx3-ubyte", "test_batch.bin", "book.txt"})
            QVERIFY2(QDir::match(patterns, name), name);
        dialog->close();
    }

    void thePlotIsSaved()
    {
        openModel();
        for (const char* name : {"plot.png", "plot.svg", "plot.pdf"}) {
            const QString file = m_folder.filePath(name);
            QCOMPARE(m_window->tradeoff().save(file).result(), QString());
            QVERIFY(QFileInfo(file).size() > 1000);
        }
        QVERIFY(!QImage(m_folder.filePath("plot.png")).isNull());
        QFile drawing(m_folder.filePath("plot.svg"));
        QVERIFY(drawing.open(QIODevice::ReadOnly));
        QXmlStreamReader xml(&drawing);
        QString texts;
        int shapes = 0;
        while (!xml.atEnd()) {
            xml.readNext();
            texts += xml.text();
            shapes += xml.isStartElement()
                && (xml.name() == QLatin1String("path") || xml.name() == QLatin1String("polyline"));
        }
        QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
        QVERIFY(texts.contains("Top-1 accuracy") && shapes > 10);
        for (const char* name : {"absent/plot.png", "absent/plot.svg"}) {
            const QString absent = m_folder.filePath(name);
            QVERIFY(m_window->tradeoff().save(absent).result().contains(absent));
        }
        action(QKeySequence("Ctrl+Alt+E"))->trigger();
        auto* dialog = m_window->findChild<QFileDialog*>();
        QVERIFY(dialog);
        QSignalSpy failed(m_window.get(), &ExplorerWindow::failed);
        emit dialog->fileSelected(m_folder.filePath("absent/plot.png"));
        dialog->close();
        QTRY_COMPARE(failed.count(), 1);
        QVERIFY(m_window->errorBar().sentence().contains("absent/plot.png"));
        const QString other = m_folder.filePath("plot.v2");
        QVERIFY(m_window->tradeoff().save(other).result().contains(".png, .svg or .pdf"));
        QVERIFY(!QFile::exists(other));
    }

    void screenshotModeWritesAPictureOfTheSizeAsked()
    {
        const QString file = m_folder.filePath("shot.png");
        QProcess process;
        process.start(MATMAMBA_EXPLORER,
                      {m_model, "--data", m_pictures, "--picture", m_picture, "--plan", "24",
                       "--device", "cpu", "--screenshot", file, "--size", "1000x700"});
        QVERIFY(process.waitForFinished(120000));
        QCOMPARE(QString::fromUtf8(process.readAllStandardError()), QString());
        QCOMPARE(process.exitCode(), 0);
        QCOMPARE(QImage(file).size(), QSize(1000, 700));
    }

    void withoutADisplayAWindowIsRefusedAndAScreenshotIsNot()
    {
        QProcessEnvironment bare = QProcessEnvironment::systemEnvironment();
        for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"})
            bare.remove(name);
        QProcess window;
        window.setProcessEnvironment(bare);
        window.start(MATMAMBA_EXPLORER, {m_model});
        QVERIFY(window.waitForFinished(30000));
        QCOMPARE(window.exitCode(), 1);
        QVERIFY(window.readAllStandardError().startsWith("There is no display"));

        const QString file = m_folder.filePath("bare.png");
        QProcess screenshot;
        screenshot.setProcessEnvironment(bare);
        screenshot.start(MATMAMBA_EXPLORER, {m_model, "--screenshot", file});
        QVERIFY(screenshot.waitForFinished(60000));
        QCOMPARE(screenshot.exitCode(), 0);
        QCOMPARE(QImage(file).size(), QSize(1280, 800));
    }

    void screenshotModeEndsWithASentence_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("exitCode");
        const QString file = m_folder.filePath("no.png");
        QTest::newRow("no model there")
            << QStringList{m_folder.filePath("absent"), "--screenshot", file} << 1;
        QTest::newRow("a plan of too many layers")
            << QStringList{m_model, "--plan", QString("8,").repeated(99) + "8", "--screenshot",
                           file}
            << 1;
        QTest::newRow("a picture for a language model")
            << QStringList{MATMAMBA_RESOURCES "/models/tales-lm", "--picture",
                           MATMAMBA_RESOURCES "/pictures/explorer.png", "--screenshot", file}
            << 1;
        QTest::newRow("wrong size")
            << QStringList{m_model, "--screenshot", file, "--size", "big"} << 2;
        QTest::newRow("data beside a project")
            << QStringList{"work.matmamba", "--data", "shapes", "--screenshot", file} << 2;
        QTest::newRow("unknown option") << QStringList{"--nonsense", "--screenshot", file} << 2;
    }
    void screenshotModeEndsWithASentence()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, exitCode);
        QProcess process;
        process.start(MATMAMBA_EXPLORER, arguments);
        QVERIFY(process.waitForFinished(60000));
        const QString said = QString::fromUtf8(process.readAllStandardError()).trimmed();
        QVERIFY2(said.size() > 10 && !said.contains('\n'), qPrintable(said));
        QCOMPARE(process.exitCode(), exitCode);
        QVERIFY(!QFile::exists(m_folder.filePath("no.png")));
    }
};

QTEST_MAIN(TestWindow)
#include "tst_window.moc"
