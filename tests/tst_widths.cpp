// The equalizer by mouse and keys, without an engine: painting across sliders, presets, and what a
// screen reader is told.
#include <QAction>
#include <QScrollArea>
#include <QScrollBar>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>

#include <memory>

#include "ui/plan_model.h"
#include "ui/width_slider.h"
#include "ui/widths_panel.h"

using namespace matmamba;

class TestWidths : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<PlanModel> m_plan;
    std::unique_ptr<WidthsPanel> m_panel;

    void open(int layers)
    {
        ModelConfig config;
        config.kind = ModelKind::Vision;
        config.d_model = 64;
        config.n_layer = layers;
        config.n_classes = 10;
        config.patch_size = 4;
        config.image_size = 32;
        m_plan->reset(config, 2);
        QCoreApplication::sendPostedEvents();
        QTest::qWait(0); // the new columns are laid out
    }
    int heads(int layer) const { return m_plan->plan().heads[layer]; }
    WidthSlider* slider(int layer) const { return m_panel->layerSlider(layer); }
    QScrollArea* scroll() const { return m_panel->findChild<QScrollArea*>(); }
    QAction* preset(const QString& text) const
    {
        for (QAction* action : m_panel->presetActions())
            if (action->text() == text)
                return action;
        return nullptr;
    }
    /// Where `layer`'s slider has `width` heads, in the coordinates of the slider of `grabber`,
    /// which is the one that the events of a drag go to.
    QPoint at(int layer, int width, int grabber) const
    {
        const QPoint place(slider(layer)->width() / 2,
                           slider(layer)->height() - 1 - slider(layer)->heightOf(width));
        return slider(grabber)->mapFromGlobal(slider(layer)->mapToGlobal(place));
    }
    void press(int layer, int width)
    {
        QTest::mousePress(slider(layer), Qt::LeftButton, {}, at(layer, width, layer));
    }
    void move(int grabber, int layer, int width)
    {
        QTest::mouseMove(slider(grabber), at(layer, width, grabber));
    }
    void release(int grabber, int layer, int width)
    {
        QTest::mouseRelease(slider(grabber), Qt::LeftButton, {}, at(layer, width, grabber));
    }

private slots:
    void init()
    {
        m_plan = std::make_unique<PlanModel>();
        m_panel = std::make_unique<WidthsPanel>(*m_plan);
        m_panel->resize(380, 500);
        m_panel->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void cleanup()
    {
        m_panel.reset();
        m_plan.reset();
    }

    void aDragAcrossSlidersPaintsACurveInOneStep()
    {
        open(6);
        press(1, 50);
        move(1, 2, 40);
        move(1, 3, 30);
        move(1, 4, 20);
        release(1, 4, 20);
        QCOMPARE(m_plan->plan(), (Plan{{64, 50, 40, 30, 20, 64}}));
        QCOMPARE(m_plan->undoStack()->count(), 1);
        QCOMPARE(m_plan->undoStack()->undoText(), QString("painted widths"));
        m_plan->undoStack()->undo();
        QCOMPARE(m_plan->plan(), Plan::uniform(6, 64));
        m_plan->undoStack()->redo();
        QCOMPARE(m_plan->plan(), (Plan{{64, 50, 40, 30, 20, 64}}));
    }

    void aFastMouseLeavesNoGaps()
    {
        open(6);
        press(0, 60);
        move(0, 5, 10); // four layers in between
        release(0, 5, 10);
        QCOMPARE(heads(0), 60);
        QCOMPARE(heads(5), 10);
        for (int layer = 1; layer < 5; ++layer)
            QVERIFY2(std::abs(heads(layer) - (60 - 10 * layer)) <= 1,
                     qPrintable(QString("layer %1 at %2").arg(layer + 1).arg(heads(layer))));
    }

    void paintingGoesBackOverWhatItPainted()
    {
        open(5);
        press(2, 30);
        move(2, 4, 30);
        move(2, 0, 10);
        move(2, 2, 20); // the slider that the drag began on is paint now too
        release(2, 2, 20);
        QCOMPARE(heads(0), 10);
        QCOMPARE(heads(2), 20);
        QCOMPARE(heads(4), 30);
        QCOMPARE(m_plan->undoStack()->count(), 1);
    }

    void aDragUpAndDownIsOfItsOwnLayer()
    {
        open(3);
        press(1, 50);
        move(1, 1, 12);
        // Beside the sliders' ends there is no other layer; above and below there is the limit.
        QTest::mouseMove(slider(1), QPoint(slider(1)->width() / 2, slider(1)->height() + 200));
        QCOMPARE(m_plan->plan(), (Plan{{64, 1, 64}}));
        move(1, 1, 12);
        release(1, 1, 12);
        QCOMPARE(m_plan->plan(), (Plan{{64, 12, 64}}));
        QCOMPARE(m_plan->undoStack()->undoText(), QString("layer 2 to 12 heads"));

        press(0, 20);
        QTest::mouseMove(slider(0), at(0, 30, 0) - QPoint(500, 0));
        release(0, 0, 30);
        QCOMPARE(heads(0), 30);
        QCOMPARE(m_plan->undoStack()->count(), 2);
    }

    void theNextDragBeginsAnew()
    {
        open(4);
        press(0, 40);
        move(0, 1, 40);
        release(0, 1, 40);
        press(3, 10);
        release(3, 3, 10);
        QCOMPARE(m_plan->plan(), (Plan{{40, 40, 64, 10}}));
        QCOMPARE(m_plan->undoStack()->count(), 2);
        QTest::mouseMove(slider(0), at(1, 20, 0)); // no button is down
        QCOMPARE(heads(1), 40);
    }

    void aModelOpenedDuringADragEndsIt()
    {
        open(4);
        press(0, 40);
        move(0, 1, 40);
        open(2);
        QCOMPARE(m_plan->plan(), Plan::uniform(2, 64));
        press(1, 8);
        release(1, 1, 8);
        QCOMPARE(m_plan->plan(), (Plan{{64, 8}}));
    }

    void paintingScrollsOverManyLayers()
    {
        open(64);
        QScrollBar* bar = scroll()->horizontalScrollBar();
        QVERIFY(bar->maximum() > 0);
        bar->setValue(bar->maximum() / 2);
        const int first = 30;
        scroll()->ensureWidgetVisible(slider(first));
        press(first, 32);
        move(first, first + 3, 16);
        QCOMPARE(heads(first), 32);
        QCOMPARE(heads(first + 3), 16);
        QVERIFY(heads(first + 1) < 32 && heads(first + 2) > 16);
        const int before = bar->value();
        // Past the edge: the layers there come into sight while they are painted.
        for (int layer = first + 4; layer < 64; ++layer)
            move(first, layer, 16);
        release(first, 63, 16);
        QVERIFY(bar->value() > before);
        QVERIFY(!slider(63)->visibleRegion().isEmpty());
        for (int layer = first + 3; layer < 64; ++layer)
            QCOMPARE(heads(layer), 16);
        QCOMPARE(heads(first - 1), 64);
        QCOMPARE(m_plan->undoStack()->count(), 1);
    }

    void theMasterDoesNotPaint()
    {
        open(4);
        WidthSlider* master = m_panel->masterSlider();
        const auto on = [&](int width) {
            return QPoint(master->width() / 2, master->height() - 1 - master->heightOf(width));
        };
        QTest::mousePress(master, Qt::LeftButton, {}, on(40));
        QTest::mouseMove(master, on(20) + QPoint(150, 0));
        QTest::mouseRelease(master, Qt::LeftButton, {}, on(20) + QPoint(150, 0));
        QCOMPARE(m_plan->plan(), Plan::uniform(4, 20));
        QCOMPARE(m_plan->undoStack()->count(), 1);
    }

    void shapesAreAPresetEach_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("keys");
        QTest::addColumn<int>("layers");
        QTest::addColumn<std::vector<int>>("expected");
        using Heads = std::vector<int>;
        QTest::newRow("up") << "Ramp up"
                            << "Ctrl+5" << 5 << Heads{8, 22, 36, 50, 64};
        QTest::newRow("down") << "Ramp down"
                              << "Ctrl+6" << 5 << Heads{64, 50, 36, 22, 8};
        QTest::newRow("up, two layers") << "Ramp up"
                                        << "Ctrl+5" << 2 << Heads{8, 64};
        QTest::newRow("up, one layer") << "Ramp up"
                                       << "Ctrl+5" << 1 << Heads{36};
        QTest::newRow("down, one layer") << "Ramp down"
                                         << "Ctrl+6" << 1 << Heads{36};
        QTest::newRow("half") << "Last half small"
                              << "Ctrl+7" << 4 << Heads{64, 64, 16, 16};
        QTest::newRow("half, odd") << "Last half small"
                                   << "Ctrl+7" << 3 << Heads{64, 16, 16};
        QTest::newRow("half, one layer") << "Last half small"
                                         << "Ctrl+7" << 1 << Heads{16};
    }
    void shapesAreAPresetEach()
    {
        QFETCH(QString, text);
        QFETCH(QString, keys);
        QFETCH(int, layers);
        QFETCH(std::vector<int>, expected);
        open(layers);
        QAction* action = preset(text);
        QVERIFY(action);
        QCOMPARE(action->shortcut(), QKeySequence(keys));
        QVERIFY(action->toolTip().contains("heads"));
        action->trigger();
        QCOMPARE(m_plan->plan().heads, expected);
        QCOMPARE(m_plan->undoStack()->undoText(), text.toLower());
        m_plan->undoStack()->undo();
        QCOMPARE(m_plan->plan(), Plan::uniform(layers, 64));
    }

    void presetsNeedAModelAndHaveShortcutsOfTheirOwn()
    {
        QList<QKeySequence> keys;
        for (const QAction* action : m_panel->presetActions()) {
            QVERIFY(!action->isEnabled());
            QVERIFY(!action->shortcut().isEmpty() && !keys.contains(action->shortcut()));
            keys << action->shortcut();
        }
    }

    void presetsWiderThanTheModelAreDisabled()
    {
        open(4);
        QVERIFY(preset("64")->isEnabled());
        ModelConfig config = m_plan->config();
        config.heads_per_layer = {32, 16, 16, 32}; // of a model that is a narrow plan's heads
        m_plan->reset(config, 2);
        QVERIFY(!preset("64")->isEnabled());
        QCOMPARE(preset("64")->toolTip(),
                 QString("The layers of this model have 32 heads at most"));
        QVERIFY(preset("32")->isEnabled());
        QCOMPARE(preset("32")->toolTip(), QString("All layers to 32 heads"));
        open(4);
        QVERIFY(preset("64")->isEnabled());
        QCOMPARE(preset("64")->toolTip(), QString("All layers to 64 heads"));
    }

    void presetButtonsAreNeverClipped_data()
    {
        QTest::addColumn<int>("width");
        QTest::addColumn<QString>("longer");
        QTest::newRow("as it is") << 356 << ""; // a panel of 380 less its margins
        QTest::newRow("narrow") << 240 << "";
        QTest::newRow("a longer language") << 356 << " und noch etwas";
    }
    void presetButtonsAreNeverClipped()
    {
        QFETCH(int, width);
        QFETCH(QString, longer);
        open(8);
        for (QAction* action : m_panel->presetActions())
            action->setText(action->text() + longer);
        m_panel->resize(width, 600);
        QTest::qWait(0);
        QCOMPARE(m_panel->width(), width);
        QRect before;
        for (const QToolButton* button : m_panel->findChildren<QToolButton*>()) {
            if (!button->defaultAction())
                continue; // a scroll bar's
            QVERIFY2(button->width() >= button->sizeHint().width(), qPrintable(button->text()));
            QVERIFY(m_panel->rect().contains(button->geometry()));
            QVERIFY(!before.intersects(button->geometry()));
            before = button->geometry();
            QVERIFY(button->geometry().bottom() < slider(0)->mapTo(m_panel.get(), QPoint()).y());
        }
    }

    void keysWheelAndDoubleClickAreAsDocumented()
    {
        open(7);
        WidthSlider* seventh = slider(6);
        seventh->setFocus();
        const auto after = [&](Qt::Key key) {
            QTest::keyClick(seventh, key);
            return heads(6);
        };
        QCOMPARE(after(Qt::Key_PageDown), 32);
        QCOMPARE(seventh->accessibleName(), QString("Layer 7 width, 32 of 64 heads"));
        QCOMPARE(after(Qt::Key_Down), 31);
        QCOMPARE(after(Qt::Key_PageUp), 32);
        QCOMPARE(after(Qt::Key_Up), 33);
        QCOMPARE(after(Qt::Key_Home), 1);
        QCOMPARE(after(Qt::Key_PageDown), 1);
        QCOMPARE(after(Qt::Key_End), 64);

        const QPointF middle = seventh->rect().center();
        QWheelEvent wheel(middle, seventh->mapToGlobal(middle), {}, QPoint(0, -240), Qt::NoButton,
                          Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(seventh, &wheel);
        QCOMPARE(heads(6), 62);
        QTest::mouseDClick(seventh, Qt::LeftButton, {}, at(6, 20, 6));
        QCOMPARE(heads(6), 64);
        QCOMPARE(seventh->accessibleName(), QString("Layer 7 width, 64 of 64 heads"));
    }
};

QTEST_MAIN(TestWidths)
#include "tst_widths.moc"
