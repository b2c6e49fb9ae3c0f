// The layers page with made runs: its numbers and texts, what it asks for, how it goes on, mouse,
// keys and palettes. The loss of a made run is 1 plus what each narrowed layer adds.
#include <QAbstractItemModelTester>
#include <QAccessible>
#include <QApplication>
#include <QComboBox>
#include <QFile>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include <memory>
#include <set>

#include "ui/layer_heat.h"
#include "ui/layers_page.h"

using namespace matmamba;

class TestLayers : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<PlanModel> m_plan;
    std::unique_ptr<RunStore> m_runs;
    std::unique_ptr<LayersPage> m_page;

    const LayerGrid& grid() const { return m_page->grid(); }
    QTableView& table() const { return *m_page->table(); }
    static int columnOf(int heads)
    {
        return int(std::find(std::begin(LayerGrid::kWidths), std::end(LayerGrid::kWidths), heads)
                   - std::begin(LayerGrid::kWidths));
    }
    QModelIndex cell(int layer, int heads) const { return grid().index(layer, columnOf(heads)); }
    QVariant at(int layer, int heads, int role = Qt::DisplayRole) const
    {
        return cell(layer, heads).data(role);
    }

    void openModel(int layers, ModelKind kind = ModelKind::Vision)
    {
        ModelConfig config;
        config.kind = kind;
        config.d_model = 64;
        config.n_layer = layers;
        config.vocab_size = 100;
        config.n_classes = 10;
        config.patch_size = 4;
        config.image_size = 32;
        m_runs->clear();
        m_plan->reset(config, 2);
    }
    void openData(std::int64_t samples = 10000)
    {
        DataInfo data;
        data.samples = samples;
        m_runs->restore({}); // runs of the same data would be shown again
        m_runs->startData(data);
    }
    static Plan narrowed(int layers, int layer, int heads)
    {
        Plan plan = Plan::uniform(layers, kMaxHeads);
        plan.heads[std::size_t(layer)] = heads;
        return plan;
    }
    void record(const Plan& plan, std::int64_t n)
    {
        Measurement run;
        double loss = 1 + 1.0 / double(n); // differs from one number of samples to the next
        for (std::size_t layer = 0; layer < plan.heads.size(); ++layer)
            loss += (kMaxHeads - plan.heads[layer]) * 0.001 * double(layer + 1);
        run.loss = Metric{loss, 0.03, n};
        run.samples_done = n;
        run.samples_total = m_runs->data()->samples;
        run.seconds = double(n) * 0.01;
        m_runs->record(plan, run);
    }
    void recordAll(const std::vector<Plan>& plans, std::int64_t n)
    {
        for (const Plan& plan : plans)
            record(plan, n);
    }
    static QPalette darkPalette()
    {
        QPalette dark;
        dark.setColor(QPalette::Base, QColor(25, 25, 28));
        dark.setColor(QPalette::Window, QColor(35, 35, 38));
        dark.setColor(QPalette::Text, Qt::white);
        dark.setColor(QPalette::WindowText, Qt::white);
        return dark;
    }

private slots:
    void init()
    {
        m_plan = std::make_unique<PlanModel>();
        m_runs = std::make_unique<RunStore>();
        m_page = std::make_unique<LayersPage>(*m_plan, *m_runs);
        m_page->resize(900, 360);
        m_page->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_page.get()));
    }
    void cleanup()
    {
        m_page.reset();
        m_runs.reset();
        m_plan.reset();
    }

    void theGridIsAModelInEveryState()
    {
        LayerGrid model(*m_plan, *m_runs);
        const QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model.rowCount(), 0);
        for (const int layers : {3, 1, 64}) {
            openModel(layers);
            openData();
            QCOMPARE(model.rowCount(), layers);
            QCOMPARE(model.columnCount(), 12);
            recordAll(model.wantedPlans(), 512);
            m_plan->setLayer(0, 16);
            model.setSamples(256);
        }
        m_runs->clear();
    }

    void emptyStatesSayWhatToDo()
    {
        QStringList shown;
        for (const QLabel* label : m_page->findChildren<QLabel*>())
            if (label->isVisible())
                shown << label->text();
        QCOMPARE(shown.size(), 1);
        QVERIFY(shown[0].startsWith("Open a model"));

        openModel(3);
        QCOMPARE(m_page->progressText(), QString("Open data to see what each layer's width costs"));
        QVERIFY(table().isVisible());
        QCOMPARE(at(0, 32).toString(), QString("·"));
        QVERIFY(!m_page->measureButton()->isEnabled());
        QVERIFY(m_page->wantedPlans().empty());
        QVERIFY(grid().index(0, LayerGrid::FlopsColumn).data().toString().contains('%'));

        openData();
        QCOMPARE(m_page->progressText(), QString("0 of 30 cells, 512 samples each"));
        QVERIFY(m_page->measureButton()->isEnabled());
    }

    void theModelAtFullWidthIsWantedFirstThenTheTrainedWidths()
    {
        openModel(3);
        openData();
        const std::vector<Plan> plans = m_page->wantedPlans();
        QCOMPARE(plans.size(), std::size_t(1 + 3 * 9));
        QCOMPARE(plans[0], Plan::uniform(3, 64));
        QCOMPARE(plans[1], narrowed(3, 0, 32));
        QCOMPARE(plans[3], narrowed(3, 2, 32));
        QCOMPARE(plans[9], narrowed(3, 2, 8));
        QCOMPARE(plans[10], narrowed(3, 0, 48));
        QCOMPARE(std::set<Plan>(plans.begin(), plans.end()).size(), plans.size());
    }

    void cellsShowTheDifferenceToFullWidth()
    {
        openModel(3);
        openData();
        record(Plan::uniform(3, 64), 512);
        QCOMPARE(at(1, 64).toString(), QString("0"));
        record(narrowed(3, 1, 16), 512);
        QCOMPARE(at(1, 16).toString(), QString("0.096"));
        QCOMPARE(at(0, 16).toString(), QString("·"));
        QVERIFY(!at(0, 16, LayerGrid::HeatRole).isValid());
        QVERIFY(at(1, 16, LayerGrid::HeatRole).toDouble() > 0.9); // of 0.1, the scale's end
        const LossDifference difference = *grid().difference(1, columnOf(16));
        QCOMPARE(difference.stdError(), std::hypot(0.03, 0.03));

        Measurement better;
        better.loss = Metric{1, 0.03, 512};
        better.samples_done = 512;
        better.samples_total = 10000;
        m_runs->record(narrowed(3, 0, 48), better);
        QCOMPARE(at(0, 48).toString(), QString("−0.002"));
        QCOMPARE(at(0, 48, LayerGrid::HeatRole).toDouble(), 0.0);
        // Plans of other shapes are of no cell.
        record(Plan{{32, 32, 64}}, 512);
        record(narrowed(3, 0, 40), 512);
        QCOMPARE(grid().progress().done, 3 + 2);
    }

    void differencesAreOfTheSameSamples()
    {
        openModel(2);
        openData();
        const Plan full = Plan::uniform(2, 64);
        for (const int n : {512, 1024, 10000})
            record(full, n);
        record(narrowed(2, 0, 32), 512);
        QCOMPARE(grid().difference(0, columnOf(32))->full.n, 512);
        QCOMPARE(at(0, 32).toString(), QString("0.032"));
        record(narrowed(2, 0, 32), 700); // full width has not stopped there
        QCOMPARE(grid().difference(0, columnOf(32))->narrow.n, 512);
        record(narrowed(2, 0, 32), 1024);
        QCOMPARE(grid().difference(0, columnOf(32))->narrow.n, 1024);
        QCOMPARE(grid().difference(0, columnOf(32))->full.n, 1024);

        // A result on fewer samples, measured again for the comparison, keeps the fuller one.
        openData();
        record(full, 10000);
        record(narrowed(2, 0, 32), 512);
        QCOMPARE(at(0, 32).toString(), QString("·"));
        QCOMPARE(m_page->wantedPlans().front(), full);
        record(full, 512);
        QCOMPARE(at(0, 32).toString(), QString("0.032"));
        QCOMPARE(m_runs->find(full)->samples_done, 10000);
        QVERIFY(m_page->wantedPlans().front() != full);
    }

    void measureAsksForWhatIsMissingAndTellsHowFarItIs()
    {
        openModel(8);
        openData();
        QSignalSpy asked(m_page.get(), &LayersPage::measureRequested);
        QTest::mouseClick(m_page->measureButton(), Qt::LeftButton);
        QCOMPARE(asked.count(), 1);
        const auto plans = asked[0][0].value<std::vector<Plan>>();
        QCOMPARE(plans.size(), std::size_t(73));
        QCOMPARE(asked[0][1].toLongLong(), 512);
        QVERIFY(m_page->isMeasuring());
        QVERIFY(m_page->cancelButton()->isEnabled() && !m_page->measureButton()->isEnabled());
        QVERIFY(!m_page->samplesBox()->isEnabled());

        recordAll({plans.begin(), plans.begin() + 16}, 512);
        // 8 cells of full width and 15 others; 57 plans of 512 samples take 10 ms each.
        QCOMPARE(m_page->progressText(),
                 QString("23 of 80 cells, 512 samples each; about 5 min left"));
        recordAll({plans.begin() + 16, plans.end()}, 512);
        QCOMPARE(m_page->progressText(), QString("80 of 80 cells, 512 samples each"));
        QVERIFY(!m_page->isMeasuring());
        QVERIFY(!m_page->measureButton()->isEnabled() && !m_page->cancelButton()->isEnabled());
        QVERIFY(m_page->wantedPlans().empty());
    }

    void cancelledMeasuringGoesOnWithTheRest()
    {
        openModel(4);
        openData();
        QSignalSpy asked(m_page.get(), &LayersPage::measureRequested);
        QSignalSpy cancelled(m_page.get(), &LayersPage::cancelRequested);
        m_page->measureButton()->click();
        const std::vector<Plan> plans = m_page->wantedPlans();
        recordAll({plans.begin(), plans.begin() + 11}, 512);
        record(plans[11], 100); // half way
        m_page->cancelButton()->click();
        QCOMPARE(cancelled.count(), 1);
        QVERIFY(!m_page->isMeasuring() && m_page->measureButton()->isEnabled());
        QCOMPARE(m_page->progressText(),
                 QString("14 of 40 cells, 512 samples each; the others take about 2 min"));
        m_page->measureButton()->click();
        QCOMPARE(asked.count(), 2);
        const auto rest = asked[1][0].value<std::vector<Plan>>();
        QCOMPARE(rest, std::vector<Plan>(plans.begin() + 11, plans.end()));
        m_page->endWait(); // cancelled by the window
        QVERIFY(m_page->measureButton()->isEnabled());
        QCOMPARE(cancelled.count(), 1);
    }

    void moreSamplesRefineWhatIsShown()
    {
        openModel(2);
        openData();
        recordAll(m_page->wantedPlans(), 512);
        QVERIFY(!at(0, 32, LayerGrid::CoarseRole).toBool());
        QVERIFY(!m_page->captionText().contains("Italics"));
        QComboBox& box = *m_page->samplesBox();
        box.setCurrentText("1,024");
        QVERIFY(at(0, 32, LayerGrid::CoarseRole).toBool());
        QVERIFY(m_page->captionText().contains("<i>Italics</i>: on fewer samples than chosen."));
        QCOMPARE(at(0, 32).toString(), QString("0.032")); // still shown
        QVERIFY(m_page->progressText().startsWith("0 of 20 cells, 1,024 samples each"));
        QCOMPARE(m_page->wantedPlans().size(), std::size_t(19));
        recordAll(m_page->wantedPlans(), 1024);
        QVERIFY(!at(0, 32, LayerGrid::CoarseRole).toBool());
        QCOMPARE(grid().difference(0, columnOf(32))->narrow.n, 1024);
        box.setCurrentText("256");
        QVERIFY(m_page->wantedPlans().empty());
    }

    void onlyNumbersOfSamplesThatTheDataHaveAreOffered()
    {
        openModel(2);
        openData(600);
        QComboBox& box = *m_page->samplesBox();
        QCOMPARE(box.count(), 3);
        QCOMPARE(box.itemText(0), QString("256"));
        QCOMPARE(box.itemText(2), QString("All 600"));
        QCOMPARE(box.currentText(), QString("512"));
        box.setCurrentIndex(2);
        QCOMPARE(grid().samples(), 600);
        openData(100);
        QCOMPARE(box.count(), 1);
        QVERIFY(m_page->progressText().contains("100 samples each"));
        openData(50000);
        QCOMPARE(box.count(), 5);
        QVERIFY(m_page->progressText().contains("50,000 samples each")); // all, as chosen
    }

    void newDataForgetTheCellsAndEndTheWait()
    {
        openModel(2);
        openData();
        m_page->measure();
        recordAll({Plan::uniform(2, 64), narrowed(2, 1, 8)}, 512);
        QCOMPARE(at(1, 8).toString(), QString("0.112"));
        openData();
        QCOMPARE(at(1, 8).toString(), QString("·"));
        QVERIFY(!m_page->isMeasuring());
        m_page->measure();
        openModel(5);
        QVERIFY(!m_page->isMeasuring());
        QCOMPARE(grid().rowCount(), 5);
    }

    void aClickAppliesTheCellInOneStep()
    {
        openModel(6);
        openData();
        m_plan->setLayer(0, 48);
        table().scrollTo(cell(2, 16));
        QTest::mouseClick(table().viewport(), Qt::LeftButton, {},
                          table().visualRect(cell(2, 16)).center());
        QCOMPARE(m_plan->plan(), (Plan{{48, 64, 16, 64, 64, 64}}));
        QCOMPARE(m_plan->undoStack()->count(), 2);
        QCOMPARE(m_plan->undoStack()->undoText(), QString("layer 3 to 16 heads"));
        QVERIFY(at(2, 16, LayerGrid::CurrentRole).toBool());
        QVERIFY(!at(2, 64, LayerGrid::CurrentRole).toBool());
        QVERIFY(at(0, 48, LayerGrid::CurrentRole).toBool());
        QTest::mouseClick(table().viewport(), Qt::LeftButton, {},
                          table().visualRect(grid().index(4, LayerGrid::FlopsColumn)).center());
        QCOMPARE(m_plan->undoStack()->count(), 2);
        m_plan->undoStack()->undo();
        QVERIFY(at(2, 64, LayerGrid::CurrentRole).toBool());
    }

    void arrowsMoveAndEnterApplies()
    {
        openModel(6);
        openData();
        table().setFocus();
        table().setCurrentIndex(cell(0, 64));
        for (const Qt::Key key : {Qt::Key_Down, Qt::Key_Right, Qt::Key_Right, Qt::Key_Return})
            QTest::keyClick(&table(), key);
        QCOMPARE(m_plan->plan(), narrowed(6, 1, 32));
        QCOMPARE(m_plan->undoStack()->count(), 1);
        QTest::keyClick(&table(), Qt::Key_Down);
        QTest::keyClick(&table(), Qt::Key_Enter);
        QCOMPARE(m_plan->plan(), (Plan{{64, 32, 32, 64, 64, 64}}));
        QTest::keyClick(&table(), Qt::Key_Tab); // does not stay among the cells
        QCOMPARE(table().currentIndex(), cell(2, 32));
    }

    void screenReadersHearEveryNumber()
    {
        openModel(3);
        openData();
        QCOMPARE(at(2, 8, Qt::AccessibleTextRole).toString(),
                 QString("Layer 3 at 8 heads: not measured"));
        recordAll({Plan::uniform(3, 64), narrowed(3, 2, 8)}, 512);
        QCOMPARE(at(2, 8, Qt::AccessibleTextRole).toString(),
                 QString("Layer 3 at 8 heads: loss 0.168 nats higher, plus or minus 0.042, "
                         "512 pictures"));
        QVERIFY(at(2, 64, Qt::AccessibleTextRole).toString().endsWith("in the current plan"));
        QVERIFY(!table().accessibleName().isEmpty());
        for (QWidget* part : m_page->findChildren<QWidget*>())
            if (part->isVisible() && part->focusPolicy() != Qt::NoFocus
                && part->parentWidget() != &table()) {
                const QAccessibleInterface* access = QAccessible::queryAccessibleInterface(part);
                QVERIFY2(access && !access->text(QAccessible::Name).isEmpty(),
                         part->metaObject()->className());
            }
        QVERIFY(m_page->findChild<HeatLegend*>()->accessibleName().contains("0.2"));
        QCOMPARE(grid().headerData(2, Qt::Vertical).toString(), QString("Layer 3"));
        QCOMPARE(grid().headerData(1, Qt::Horizontal, Qt::AccessibleTextRole).toString(),
                 QString("48 heads"));
    }

    void theToolTipTellsAllNumbers()
    {
        openModel(3);
        openData();
        QVERIFY(at(2, 8, Qt::ToolTipRole).toString().contains("Not measured yet"));
        recordAll({Plan::uniform(3, 64), narrowed(3, 2, 8)}, 512);
        const QString tip = at(2, 8, Qt::ToolTipRole).toString().replace("&nbsp;", " ");
        for (const char* part :
             {"Layer 3 at 8 heads, all others at 64", "0.168 ± 0.042 nats", "1.170 ± 0.030 nats",
              "1.002 ± 0.030 nats", "512 of 10,000 pictures", "the same 512 pictures", "quadrature",
              "FLOPs", "Parameters", "% of full"})
            QVERIFY2(tip.contains(part), part);
        const QString cost
            = grid().index(0, LayerGrid::ParamsColumn).data(Qt::ToolTipRole).toString();
        QVERIFY(cost.contains("Layer 1 at full width") && cost.contains("Parameters"));
    }

    void languageModelsLoseNatsPerToken()
    {
        openModel(2, ModelKind::Language);
        openData();
        recordAll(m_page->wantedPlans(), 512);
        QVERIFY(at(0, 8, Qt::ToolTipRole).toString().contains("nats&nbsp;per&nbsp;token"));
        QVERIFY(at(0, 8, Qt::AccessibleTextRole).toString().contains("512 tokens"));
        // The layers' shares and the rest are the whole.
        const Cost layer = layer_cost(m_plan->config(), 64, 2);
        const QString share = QString("%1 %").arg(
            100.0 * double(layer.flops) / double(m_plan->fullCost().flops), 0, 'f', 1);
        QVERIFY(grid().index(1, LayerGrid::FlopsColumn).data().toString().endsWith(share));
    }

    void layersTellTheirCostsWhereTheyDiffer()
    {
        openModel(2);
        QVERIFY(table().isColumnHidden(LayerGrid::FlopsColumn));
        QVERIFY(grid()
                    .headerData(1, Qt::Vertical, Qt::ToolTipRole)
                    .toString()
                    .contains("Layer 2 at full width"));
        ModelConfig sliced = m_plan->config();
        sliced.heads_per_layer = {64, 16};
        m_runs->clear();
        m_plan->reset(sliced, 2);
        QVERIFY(!table().isColumnHidden(LayerGrid::FlopsColumn));
        QVERIFY(!table().isColumnHidden(LayerGrid::ParamsColumn));
    }

    void oneLayerIsAWholeModel()
    {
        openModel(1);
        openData();
        QCOMPARE(m_page->wantedPlans().size(), std::size_t(10));
        recordAll(m_page->wantedPlans(), 512);
        QCOMPARE(at(0, 1).toString(), QString("0.063"));
        QVERIFY(m_page->progressText().startsWith("10 of 10 cells"));
        QTest::mouseClick(table().viewport(), Qt::LeftButton, {},
                          table().visualRect(cell(0, 4)).center());
        QCOMPARE(m_plan->plan(), Plan::uniform(1, 4));
    }

    void sixtyFourLayersScrollAndStayQuick()
    {
        openModel(64);
        openData();
        const std::vector<Plan> plans = m_page->wantedPlans();
        QCOMPARE(plans.size(), std::size_t(1 + 64 * 9));
        QElapsedTimer watch;
        watch.start();
        recordAll(plans, 512);
        QVERIFY2(watch.elapsed() < 8 * qint64(plans.size()), "a result takes more than 8 ms");
        QVERIFY(m_page->progressText().startsWith("640 of 640 cells"));
        table().scrollTo(cell(63, 1));
        QVERIFY(table().viewport()->rect().contains(table().visualRect(cell(63, 16)).center()));
        QCOMPARE(at(63, 1).toString(), QString("4.032"));
        QVERIFY(grid().scaleTop() >= 4.032);
    }

    void coloursAreOrderedAndReadable_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }
    void coloursAreOrderedAndReadable()
    {
        QFETCH(bool, dark);
        double before = luminance(heatColour(-0.1, dark));
        for (int step = 1; step <= 100; ++step) {
            const QColor colour = heatColour(step / 100.0, dark);
            const double now = luminance(colour);
            QVERIFY(dark ? now > before : now < before);
            const double ink = luminance(inkOn(colour));
            QVERIFY((std::max(ink, now) + 0.05) / (std::min(ink, now) + 0.05) > 4.5);
            before = now;
        }
    }

    void cellsArePaintedInThePalettesScale()
    {
        openModel(3);
        openData();
        recordAll({Plan::uniform(3, 64), narrowed(3, 1, 1)}, 512);
        const auto corner = [this](int layer, int heads) {
            const QRect place = table().visualRect(cell(layer, heads));
            return table().viewport()->grab().toImage().pixelColor(place.topLeft() + QPoint(4, 4));
        };
        const double heat = at(1, 1, LayerGrid::HeatRole).toDouble();
        QCOMPARE(corner(1, 1), heatColour(heat, false));
        QCOMPARE(corner(1, 2), QApplication::palette().color(QPalette::Base)); // empty
        m_page->setPalette(darkPalette());
        QCOMPARE(corner(1, 1), heatColour(heat, true));
        QCOMPARE(corner(1, 2), QColor(25, 25, 28));
    }

    void numbersStandInTabularFigures()
    {
        const QFontMetricsF metrics(tabularFont(QFont("DejaVu Sans")));
        for (const char digit : {'1', '4', '7'})
            QCOMPARE(metrics.horizontalAdvance(digit), metrics.horizontalAdvance('0'));
    }

    void theGridIsExported()
    {
        openModel(2);
        openData();
        recordAll({Plan::uniform(2, 64), narrowed(2, 1, 8)}, 512);
        const QTemporaryDir folder;
        const QString path = folder.filePath("layers.csv");
        QCOMPARE(m_page->exportCsv(path), QString());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QStringList lines = QString::fromUtf8(file.readAll()).split('\n');
        QCOMPARE(lines.size(), 1 + 20 + 1);
        const QStringList head = lines[0].split(',');
        for (const QString& line : lines.mid(1, 20))
            QCOMPARE(line.split(',').size(), head.size());
        const QStringList row = lines[1 + 10 + columnOf(8)].split(',');
        QCOMPARE(row[head.indexOf("layer")], QString("2"));
        QCOMPARE(row[head.indexOf("heads")], QString("8"));
        QCOMPARE(row[head.indexOf("samples")], QString("512"));
        QCOMPARE(row[head.indexOf("difference")], QString("0.112"));
        QCOMPARE(lines[1 + columnOf(8)].split(',').last(), QString());

        const QString absent = folder.filePath("absent/layers.csv");
        QVERIFY(m_page->exportCsv(absent).contains("absent/layers.csv"));
    }
};

QTEST_MAIN(TestLayers)
#include "tst_layers.moc"
