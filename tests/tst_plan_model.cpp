// The plan model: one choice for every page, its cost without an engine, one undo step per drag.
#include <QSignalSpy>
#include <QTest>

#include "ui/plan_model.h"

using namespace matmamba;

class TestPlanModel : public QObject
{
    Q_OBJECT
private:
    static ModelConfig smallVision()
    {
        ModelConfig config;
        config.kind = ModelKind::Vision;
        config.d_model = 64;
        config.n_layer = 3;
        config.n_classes = 10;
        config.patch_size = 4;
        config.image_size = 32;
        return config;
    }

private slots:
    void aNewModelBeginsAtFullWidthWithNothingToUndo()
    {
        PlanModel model;
        QVERIFY(model.isEmpty());
        QSignalSpy changed(&model, &PlanModel::planChanged);
        model.reset(smallVision(), 2);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(model.plan(), Plan::uniform(3, 64));
        QVERIFY(!model.undoStack()->canUndo());

        model.setAllLayers(8);
        model.reset(smallVision(), 2);
        QCOMPARE(model.plan(), Plan::uniform(3, 64));
        QVERIFY(!model.undoStack()->canUndo());
    }

    void costFollowsThePlanAndThePlanAlone()
    {
        PlanModel model;
        model.reset(smallVision(), 2);
        QCOMPARE(model.cost().flops, model.fullCost().flops);
        model.setLayer(1, 10);
        const Plan expected{{64, 10, 64}};
        QCOMPARE(model.plan(), expected);
        QCOMPARE(model.cost().flops, model_cost(smallVision(), expected, 2).flops);
        QVERIFY(model.cost().flops < model.fullCost().flops);
        QCOMPARE(model.cost().weight_bytes, 2 * model.cost().params);
    }

    void widthsAreClampedAndForeignPlansIgnored()
    {
        PlanModel model;
        model.reset(smallVision(), 2);
        model.setLayer(0, 0);
        QCOMPARE(model.plan().heads[0], 1);
        model.setLayer(0, 100);
        QCOMPARE(model.plan().heads[0], 64);
        const Plan before = model.plan();
        model.setLayer(3, 8);
        model.setLayer(-1, 8);
        model.setPlan(Plan::uniform(4, 8), "other");
        QCOMPARE(model.plan(), before);
    }

    void aSlicedModelIsNeverWiderThanItIs()
    {
        ModelConfig config = smallVision();
        config.heads_per_layer = {37, 64, 5};
        PlanModel model;
        model.reset(config, 2);
        const Plan widest{{37, 64, 5}};
        QCOMPARE(model.plan(), widest);
        QCOMPARE(model.fullCost().flops, model_cost(config, widest, 2).flops);
        model.setAllLayers(40);
        QCOMPARE(model.plan(), (Plan{{37, 40, 5}}));
        model.setLayer(2, 64);
        QCOMPARE(model.plan(), (Plan{{37, 40, 5}}));
    }

    void aGestureIsOneUndoStep()
    {
        PlanModel model;
        model.reset(smallVision(), 2);
        model.setLayer(2, 40);
        model.beginGesture();
        for (int heads = 63; heads > 20; --heads)
            model.setLayer(0, heads);
        model.endGesture();
        QCOMPARE(model.undoStack()->count(), 2);
        QCOMPARE(model.undoStack()->undoText(), QString("layer 1 to 21 heads"));
        model.undoStack()->undo();
        QCOMPARE(model.plan(), (Plan{{64, 64, 40}}));
        model.undoStack()->redo();
        QCOMPARE(model.plan(), (Plan{{21, 64, 40}}));
    }

    void twoGesturesAreTwoSteps()
    {
        PlanModel model;
        model.reset(smallVision(), 2);
        for (const int heads : {30, 20}) {
            model.beginGesture();
            model.setLayer(0, heads + 1);
            model.setLayer(0, heads);
            model.endGesture();
        }
        QCOMPARE(model.undoStack()->count(), 2);
    }

    void aGestureThatEndsWhereItBeganLeavesNothing()
    {
        PlanModel model;
        model.reset(smallVision(), 2);
        model.beginGesture();
        model.setLayer(0, 20);
        model.setLayer(0, 64);
        model.endGesture();
        QCOMPARE(model.undoStack()->count(), 0);
    }

    void editsOutsideAGestureAreStepsOfTheirOwn()
    {
        PlanModel model;
        model.reset(smallVision(), 2);
        model.setLayer(0, 63);
        model.setLayer(0, 62);
        model.setLayer(0, 62); // no change, no step
        QCOMPARE(model.undoStack()->count(), 2);
    }

    void plansHaveReadableTexts()
    {
        QCOMPARE(planText(Plan::uniform(20, 32)), QString("width 32"));
        QCOMPARE(planText(Plan{{64, 8, 32}}), QString("64,8,32"));
        Plan many = Plan::uniform(48, 64);
        many.heads[0] = 1;
        QVERIFY(planText(many).size() <= 48);
        QVERIFY(planText(many).endsWith(QChar(u'…')));
    }
};

QTEST_GUILESS_MAIN(TestPlanModel)
#include "tst_plan_model.moc"
