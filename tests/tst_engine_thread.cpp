// The engine thread as the window sees it: newest request wins, stopping is quick, errors are
// sentences, nothing of the previous state is lost.
#include <QDir>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "engine/cuda_driver.h"
#include "engine/engine_thread.h"
#include "engine/error.h"
#include "engine/gpu_state.h"
#include "engine/measure/predictions.h"
#include "engine/sentences.h"

using namespace matmamba;
using namespace std::chrono_literals;

namespace
{

#ifdef __SANITIZE_THREAD__
constexpr auto kPatience = 180s; // instrumented code is slow
#else
constexpr auto kPatience = 30s;
#endif

/// Collects events and lets the test wait for one.
class Events
{
public:
    void add(const EngineEvent& event)
    {
        const std::lock_guard lock(m_mutex);
        m_events.push_back(event);
        m_added.notify_all();
    }

    /// Waits up to kPatience for an event of type T, not seen before, for which `wanted` holds.
    template <typename T>
    std::optional<T> wait(const std::function<bool(const T&)>& wanted
                          = [](const T&) { return true; })
    {
        std::unique_lock lock(m_mutex);
        std::optional<T> found;
        m_added.wait_for(lock, kPatience, [&] {
            for (; m_seen < m_events.size() && !found; ++m_seen)
                if (const T* event = std::get_if<T>(&m_events[m_seen]); event && wanted(*event))
                    found = *event;
            return found.has_value();
        });
        return found;
    }

    std::vector<EngineEvent> all() const
    {
        const std::lock_guard lock(m_mutex);
        return m_events;
    }

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_added;
    std::vector<EngineEvent> m_events;
    std::size_t m_seen = 0;
};

const std::filesystem::path kModel = MATMAMBA_FIXTURES "/vision-tiny";
const std::filesystem::path kTales = MATMAMBA_RESOURCES "/models/tales-lm";
const std::filesystem::path kShapes = MATMAMBA_RESOURCES "/models/shapes-vision";
const std::filesystem::path kBooks = MATMAMBA_RESOURCES "/models/books-lm";

/// A CIFAR-10 file of random pictures: enough work for evaluations to be superseded.
void write_random_cifar(const std::filesystem::path& file, int records)
{
    std::mt19937 random(7);
    std::vector<char> bytes(static_cast<std::size_t>(records) * 3073);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(i % 3073 == 0 ? random() % 10 : random() % 256);
    std::ofstream(file, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

} // namespace

class TestEngineThread : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        m_data = m_folder.filePath("test_batch.bin").toStdString();
        write_random_cifar(m_data, kRecords);
    }

    void aMeasuredPlanGrowsToTheWholeDataSet()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const ModelInfo info = openAll(thread, events);
        const Plan plan = Plan::uniform(info.config.n_layer, 3);
        thread.set_current_plan(plan);
        const auto complete
            = events.wait<Measured>([](const Measured& m) { return m.measurement.complete(); });
        QVERIFY(complete);
        QCOMPARE(complete->measurement.samples_done, kRecords);
        QCOMPARE(complete->plan, plan);
        QVERIFY(complete->measurement.top1->std_error > 0);
        std::int64_t last = 0;
        for (const EngineEvent& event : events.all()) {
            if (const auto* measured = std::get_if<Measured>(&event)) {
                QVERIFY(measured->measurement.samples_done > last);
                last = measured->measurement.samples_done;
            }
        }
        QVERIFY(events.wait<Idle>());
    }

    void theNewestPlanReplacesThePendingOne()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        thread.set_current_plan(Plan::uniform(layers, 64));
        QVERIFY(events.wait<Measured>());
        // While 64 is measured, plans 1 … 20 arrive at once: only the last may be measured.
        for (int heads = 1; heads <= 20; ++heads)
            thread.set_current_plan(Plan::uniform(layers, heads));
        const std::size_t before = events.all().size();
        const Plan newest = Plan::uniform(layers, 20);
        QVERIFY(events.wait<Measured>([&](const Measured& m) {
            return m.plan == newest && m.measurement.samples_done >= 1024;
        }));
        int of_old = 0;
        const auto all = events.all();
        for (std::size_t i = before; i < all.size(); ++i)
            if (const auto* measured = std::get_if<Measured>(&all[i]))
                of_old += measured->plan != newest;
        // At most the batch that was running and one job that had begun before the last request.
        QVERIFY2(of_old <= 2, qPrintable(QString::number(of_old)));
    }

    void draggingNeverStarves()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        int numbers = 0;
        // A new plan and a new picture at every turn: each must still yield a measurement.
        for (int heads = 10; heads < 20; ++heads) {
            const Plan plan = Plan::uniform(layers, heads);
            thread.set_current_plan(plan);
            thread.classify({plan}, Picture{2, 2, std::vector<std::uint8_t>(12, 99)});
            numbers += events.wait<Measured>([&](const Measured& m) { return m.plan == plan; })
                           .has_value();
        }
        QCOMPARE(numbers, 10);
    }

    void cancelStopsWithinATenthOfASecond()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        for (int i = 0; i < 5; ++i) {
            thread.set_current_plan(Plan::uniform(layers, 60 + i));
            QVERIFY(events.wait<Measured>());
            QElapsedTimer timer;
            timer.start();
            thread.cancel();
            const auto idle
                = events.wait<Idle>([](const Idle& e) { return e.rest == Rest::Cancelled; });
            QVERIFY(idle);
            QVERIFY2(timer.elapsed() <= 100, qPrintable(QString::number(timer.elapsed())));
        }
    }

    void predictionsAreWhatTheMetricsCount()
    {
        Engine engine(DeviceChoice::Cpu);
        engine.open_model(kModel);
        engine.open_data(m_data, {.max_samples = 300});
        const Plan plan = Plan::uniform(engine.model()->config.n_layer, 20);
        std::vector<std::shared_ptr<const Predictions>> grown;
        const Measurement all = engine.evaluate(
            plan, 0, [&](const Measurement& m) { grown.push_back(m.predictions); });
        std::int64_t right = 0;
        for (std::int64_t i = 0; i < 300; ++i)
            right += all.predictions->is_right(i);
        QCOMPARE(all.predictions->size(), 300);
        QCOMPARE(all.top1->value, static_cast<double>(right) / 300);
        QVERIFY(grown.size() > 1 && grown.front()->size() < 300);
        for (std::int64_t i = 0; i < 20; ++i) {
            const Sample sample = engine.sample(i);
            QCOMPARE(sample.label, static_cast<int>(all.predictions->samples().truth[i]));
            QCOMPARE(engine.classify(plan, sample.picture, 1)[0].index,
                     static_cast<int>((*all.predictions)[i]));
        }
        QVERIFY_EXCEPTION_THROWN(engine.sample(300), Error);
        QVERIFY_EXCEPTION_THROWN(engine.sample(-1), Error);
    }

    void predictionsOfATextAreOnePerScoredToken()
    {
        Engine engine(DeviceChoice::Cpu);
        engine.open_model(kTales);
        engine.open_data("tales", {.max_samples = 30});
        const int layers = engine.model()->config.n_layer;
        const Measurement whole = engine.evaluate(Plan::uniform(layers, 64));
        const Measurement narrow = engine.evaluate(Plan::uniform(layers, 4));
        QCOMPARE(whole.predictions->size(), whole.loss->n);
        QCOMPARE(whole.predictions->samples().window_ends.size(), std::size_t(30));
        const std::vector<std::int64_t> only_whole
            = matching_samples(*whole.predictions, *narrow.predictions, SampleFilter::OnlyARight);
        const std::vector<std::int64_t> only_narrow
            = matching_samples(*whole.predictions, *narrow.predictions, SampleFilter::OnlyBRight);
        QVERIFY(only_whole.size() > only_narrow.size());
        const Metric same = agreement(*whole.predictions, *narrow.predictions);
        qInfo("agreement %.3f +- %.3f", same.value, same.std_error);
        QVERIFY(same.value > 0.3 && same.value < 1 && same.std_error > 0);
        QVERIFY_EXCEPTION_THROWN(engine.sample(0), Error);
    }

    void aSampleIsShownWithWhatEachPlanSees()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        Engine engine(DeviceChoice::Cpu);
        engine.open_model(kModel);
        engine.open_data(m_data);
        const std::vector<Plan> plans{Plan::uniform(layers, 64), Plan::uniform(layers, 3)};
        thread.set_current_plan(plans[0]); // goes on beside it
        const std::uint64_t asked = thread.show_sample(17, plans);
        const auto shown = events.wait<SampleShown>();
        QVERIFY(shown);
        QCOMPARE(shown->generation, asked);
        const Sample expected = engine.sample(17);
        QCOMPARE(shown->sample.index, 17);
        QCOMPARE(shown->sample.picture.rgb, expected.picture.rgb);
        QCOMPARE(shown->sample.name, expected.name);
        QCOMPARE(shown->sample.label, expected.label);
        QCOMPARE(shown->sample.label_name, expected.label_name);
        QCOMPARE(shown->plans.size(), plans.size());
        for (std::size_t i = 0; i < plans.size(); ++i) {
            const auto scores = engine.classify(plans[i], expected.picture);
            QCOMPARE(shown->plans[i].plan, plans[i]);
            QCOMPARE(shown->plans[i].scores.size(), scores.size());
            QCOMPARE(shown->plans[i].scores[0].index, scores[0].index);
            QVERIFY(shown->plans[i].seconds > 0);
        }
        const std::uint64_t beyond = thread.show_sample(kRecords, plans);
        const auto failed = events.wait<Failed>();
        QVERIFY(failed && failed->request == Request::ShowSample);
        QCOMPARE(failed->generation, beyond);
    }

    void backgroundPlansAreMeasuredInRounds()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        std::vector<Plan> stops;
        for (const int heads : kTrainedStops)
            stops.push_back(Plan::uniform(layers, heads));
        std::vector<WantedPlan> wanted;
        for (const Plan& stop : stops)
            wanted.push_back({stop});
        thread.set_background_plans(wanted);
        thread.set_current_plan(stops[0]);
        std::set<Plan> complete; // not Idle: the thread is idle once before it hears of the plans
        QVERIFY(events.wait<Measured>([&](const Measured& m) {
            if (m.measurement.complete())
                complete.insert(m.plan);
            return complete.size() == stops.size();
        }));
        complete.clear();
        std::map<Plan, std::int64_t> done;
        for (const EngineEvent& event : events.all()) {
            const auto* measured = std::get_if<Measured>(&event);
            if (!measured)
                continue;
            done[measured->plan] = measured->measurement.samples_done;
            if (measured->measurement.complete())
                complete.insert(measured->plan);
            if (complete.size() == 1) // the first to end must have waited for the others
                for (const Plan& stop : stops)
                    QVERIFY(done[stop] >= 1024);
        }
        QCOMPARE(complete.size(), stops.size());
    }

    void backgroundPlansEndAtTheSamplesAskedFor()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        QVERIFY(events.wait<Idle>()); // that of opening
        std::vector<WantedPlan> wanted;
        for (int heads = 1; heads <= 12; ++heads)
            wanted.push_back({Plan::uniform(layers, heads), heads % 2 ? 100 : 300});
        thread.set_background_plans(wanted);
        QVERIFY(events.wait<Idle>());
        std::map<Plan, std::int64_t> done;
        for (const EngineEvent& event : events.all()) {
            const auto* measured = std::get_if<Measured>(&event);
            if (!measured)
                continue;
            done[measured->plan] = measured->measurement.samples_done;
            // The first round of all comes before the second of any.
            if (measured->measurement.samples_done > 64 + 31)
                QCOMPARE(done.size(), wanted.size());
        }
        for (const WantedPlan& plan : wanted) {
            // A batch on a CPU has up to 32 samples and is not cut.
            QVERIFY(done[plan.plan] >= plan.samples && done[plan.plan] < plan.samples + 32);
        }
        thread.set_background_plans(wanted); // again: nothing is left to do
        const std::size_t before = events.all().size();
        QVERIFY(events.wait<Idle>());
        QCOMPARE(events.all().size(), before + 1);
    }

    void aKnownPlanIsNotMeasuredAgain()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        const Plan first = Plan::uniform(layers, 64);
        thread.set_current_plan(first);
        QVERIFY(events.wait<Measured>());
        thread.clear_current_plan();
        QVERIFY(events.wait<Idle>());
        const std::size_t before = events.all().size();
        const Plan limited = Plan::uniform(layers, 2);
        thread.set_current_plan(limited, 40);
        QVERIFY(events.wait<Idle>());
        const auto all = events.all();
        std::int64_t done = 0;
        for (std::size_t i = before; i < all.size(); ++i) {
            if (const auto* measured = std::get_if<Measured>(&all[i])) {
                QCOMPARE(measured->plan, limited);
                done = measured->measurement.samples_done;
            }
        }
        QVERIFY(done >= 40 && done < 40 + 32);
    }

    void aBadFolderGivesASentenceAndTheModelStays()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        thread.open_model(m_folder.path().toStdString());
        const auto failed = events.wait<Failed>();
        QVERIFY(failed);
        QCOMPARE(failed->request, Request::OpenModel);
        QVERIFY(failed->sentence.find("config.json") != std::string::npos);
        QVERIFY(failed->sentence.find('\n') == std::string::npos);
        const auto generation = thread.classify({Plan::uniform(layers, 64)},
                                                Picture{2, 2, std::vector<std::uint8_t>(12, 99)});
        const auto classified = events.wait<Classified>();
        QVERIFY(classified);
        QCOMPARE(classified->generation, generation);
        QCOMPARE(classified->plans.at(0).scores.size(), 5u);
        double previous = 1;
        for (const ClassScore& score : classified->plans[0].scores) {
            QVERIFY(score.probability <= previous && score.probability > 0);
            previous = score.probability;
        }
    }

    void aDataFolderOfAnotherKindGivesASentence()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        thread.open_model(kModel);
        QVERIFY(events.wait<ModelOpened>());
        thread.open_data(kModel);
        const auto failed = events.wait<Failed>();
        QVERIFY(failed);
        QCOMPARE(failed->request, Request::OpenData);
        QVERIFY(failed->sentence.find("vision-tiny") != std::string::npos);
    }

    void askingForCudaWithoutACardSaysSoAndGoesOnWithTheCpu()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cuda, [&](const EngineEvent& e) { events.add(e); });
        thread.open_model(kModel);
        const auto opened = events.wait<ModelOpened>();
        QVERIFY(opened);
        if (opened->info.device != "cpu")
            QSKIP("A CUDA card is there, so asking for it cannot fail");
        bool said = false;
        for (const EngineEvent& event : events.all())
            said = said || std::holds_alternative<Failed>(event);
        QVERIFY(said);
    }

    void dataAskedForWhileAModelIsOpenedAreOpenedAfterIt()
    {
        Events events;
        std::atomic<EngineThread*> asked = nullptr;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) {
            // Before the weights are read: the opening is under way for certain.
            if (std::holds_alternative<Opening>(e))
                if (EngineThread* of = asked.exchange(nullptr))
                    of->open_data(m_data);
            events.add(e);
        });
        asked = &thread;
        const std::uint64_t generation = thread.open_model(kModel);
        const auto opened = events.wait<ModelOpened>();
        QVERIFY(opened);
        QCOMPARE(opened->generation, generation);
        QVERIFY(events.wait<DataOpened>());
        for (const EngineEvent& event : events.all())
            QVERIFY(!std::holds_alternative<Failed>(event));
    }

    void whatIsAskedAfterCancelEndsAsDone()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        thread.set_current_plan(Plan::uniform(layers, 64));
        QVERIFY(events.wait<Measured>());
        thread.cancel();
        const Plan next = Plan::uniform(layers, 2);
        thread.set_current_plan(next);
        QVERIFY(events.wait<Measured>(
            [&](const Measured& m) { return m.plan == next && m.measurement.complete(); }));
        const auto idle = events.wait<Idle>();
        QVERIFY(idle);
        QCOMPARE(idle->rest, Rest::Done);
    }

    void aFailureNamesItsRequestAndRestIsNotCalledDone()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        const Plan tooLong = Plan::uniform(layers + 1, 8);
        const auto generation
            = thread.classify({tooLong}, Picture{2, 2, std::vector<std::uint8_t>(12, 99)});
        auto failed = events.wait<Failed>();
        QVERIFY(failed);
        QCOMPARE(failed->request, Request::Classify);
        QCOMPARE(failed->generation, generation);
        thread.set_current_plan(tooLong);
        failed = events.wait<Failed>();
        QVERIFY(failed);
        QCOMPARE(failed->request, Request::Measure);
        const auto idle = events.wait<Idle>();
        QVERIFY(idle);
        QCOMPARE(idle->rest, Rest::Failed);
    }

    void aStopEndsTheOpeningOfDataAndKeepsTheModel()
    {
        QVERIFY(QDir(m_folder.path()).mkpath("classes/disc"));
        std::ofstream(m_folder.filePath("classes/disc/0.png").toStdString()) << "never decoded";
        std::stop_source stop;
        stop.request_stop();
        Engine engine(DeviceChoice::Cpu);
        engine.open_model(kModel);
        QVERIFY_EXCEPTION_THROWN(
            engine.open_data(m_folder.filePath("classes").toStdString(), {}, {}, stop.get_token()),
            Stopped);
        QVERIFY(engine.model() && !engine.data());
    }

    void everyReaderOfDataCanBeStopped_data()
    {
        QTest::addColumn<QString>("data");
        QTest::addColumn<bool>("vision");
        QTest::addColumn<bool>("reports");
        const auto write = [&](const char* name, const std::string& bytes) {
            const QString path = m_folder.filePath(name);
            std::ofstream(path.toStdString(), std::ios::binary) << bytes;
            return path;
        };
        const auto sizes = [](std::initializer_list<int> dimensions) {
            std::string header{0, 0, 8, static_cast<char>(dimensions.size())};
            for (const int size : dimensions)
                header += std::string{0, 0, 0, static_cast<char>(size)};
            return header;
        };
        QVERIFY(QDir(m_folder.path()).mkpath("folders/disc"));
        write("folders/disc/0.png", "never decoded");
        write("t10k-labels-idx1-ubyte", sizes({10}) + std::string("\0\1\2\3\4\5\6\7\10\11", 10));
        QTest::newRow("class folders") << m_folder.filePath("folders") << true << true;
        QTest::newRow("CIFAR-10") << QString::fromStdString(m_data.string()) << true << true;
        QTest::newRow("IDX") << write("t10k-images-idx3-ubyte",
                                      sizes({10, 3, 3}) + std::string(90, 'x'))
                             << true << true;
        QTest::newRow("shapes") << "shapes" << true << false;
        QTest::newRow("text") << write("words.txt", "It was a ring. ") << false << true;
        std::vector<std::int32_t> header(256);
        header[0] = 20240520, header[1] = 1, header[2] = 4;
        QTest::newRow("shard") << write("ids.bin",
                                        std::string(reinterpret_cast<char*>(header.data()), 1024)
                                            + std::string("\1\0\2\0\3\0\1\0", 8))
                               << false << true;
        QTest::newRow("tales") << "tales" << false << true;
    }
    void everyReaderOfDataCanBeStopped()
    {
        QFETCH(QString, data);
        QFETCH(bool, vision);
        QFETCH(bool, reports);
        Engine engine(DeviceChoice::Cpu);
        engine.open_model(vision ? std::filesystem::path(MATMAMBA_RESOURCES "/models/shapes-vision")
                                 : kTales);
        std::stop_source at_once;
        at_once.request_stop();
        QVERIFY_EXCEPTION_THROWN(engine.open_data(data.toStdString(), {}, {}, at_once.get_token()),
                                 Stopped);
        std::stop_source soon;
        int reported = 0;
        const auto stop_soon = [&](double fraction) {
            ++reported;
            QVERIFY(fraction >= 0 && fraction <= 1);
            soon.request_stop();
        };
        try {
            engine.open_data(data.toStdString(), {}, stop_soon, soon.get_token());
        } catch (const Stopped&) {
        } catch (const Error& error) { // of pictures for another model: never before the report
            QVERIFY2(reported > 0, error.what());
        }
        QCOMPARE(reported > 0, reports);
        QVERIFY(engine.model());
    }

    void openingALongTextTellsHowFarAndIsCancelledAtOnce()
    {
        const std::filesystem::path file = m_folder.filePath("long.txt").toStdString();
        {
            std::mt19937 random(1); // words without end: each is a new one to the tokenizer
            std::ofstream text(file);
            for (int word = 0; word < 2'000'000; ++word)
                text << static_cast<char>('a' + random() % 26) << random() << ' ';
        }
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        thread.open_model(kTales);
        QVERIFY(events.wait<ModelOpened>());
        thread.open_data(file);
        double last = 0;
        QVERIFY(events.wait<Opening>([&](const Opening& opening) {
            const bool grows = opening.fraction > last && opening.what == file.string();
            last = opening.fraction;
            return grows && last > 0.03;
        }));
        QElapsedTimer timer;
        timer.start();
        thread.cancel();
        const auto idle
            = events.wait<Idle>([](const Idle& e) { return e.rest == Rest::Cancelled; });
        QVERIFY(idle);
        QVERIFY2(timer.elapsed() <= 100, qPrintable(QString::number(timer.elapsed())));
        QVERIFY(last < 1);
        for (const EngineEvent& event : events.all())
            QVERIFY(!std::holds_alternative<DataOpened>(event));
    }

    void aNarrowPlanIsFaster_data()
    {
        QTest::addColumn<QString>("model");
        QTest::newRow("vision") << QString::fromStdString(kShapes.string());
        QTest::newRow("language") << QString::fromStdString(kTales.string());
    }
    void aNarrowPlanIsFaster()
    {
        QFETCH(QString, model);
        Engine engine(DeviceChoice::Cpu);
        QVERIFY_EXCEPTION_THROWN(engine.measure_speed({}), Error); // no model
        engine.open_model(model.toStdString()); // and no data
        const int layers = engine.model()->config.n_layer;
        QVERIFY_EXCEPTION_THROWN(engine.measure_speed(Plan::uniform(layers + 1, 8)), Error);
        // The fastest of several in turns, since others use this machine as well.
        Speed wide{.seconds = 1e9}, narrow{.seconds = 1e9};
        for (int i = 0; i < 5; ++i)
            for (const auto& [heads, best] : {std::pair{64, &wide}, {4, &narrow}})
                if (const Speed speed = engine.measure_speed(Plan::uniform(layers, heads));
                    speed.seconds < best->seconds)
                    *best = speed;
        qInfo("64 heads %.3f +- %.3f ms (%d times), 4 heads %.3f +- %.3f ms (%d times)",
              wide.seconds * 1e3, wide.deviation * 1e3, static_cast<int>(wide.repetitions),
              narrow.seconds * 1e3, narrow.deviation * 1e3, static_cast<int>(narrow.repetitions));
        for (const Speed& speed : {wide, narrow})
            QVERIFY(speed.seconds > 0 && speed.deviation >= 0 && speed.repetitions > 0);
        QVERIFY(narrow.seconds < wide.seconds * 0.8);
    }

    void aSpeedIsStoppedWithinATenthOfASecond()
    {
        Engine engine(DeviceChoice::Cpu);
        engine.open_model(kShapes);
        const Plan plan = Plan::uniform(engine.model()->config.n_layer, 64);
        std::stop_source stop;
        QElapsedTimer timer;
        std::jthread later([&] {
            std::this_thread::sleep_for(150ms);
            timer.start();
            stop.request_stop();
        });
        QVERIFY_EXCEPTION_THROWN(engine.measure_speed(plan, stop.get_token()), Stopped);
        QVERIFY2(timer.elapsed() <= 100, qPrintable(QString::number(timer.elapsed())));
    }

    void aChangeOfTheDeviceEndsASpeedWhichIsMeasuredAfterIt()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        thread.open_model(kShapes);
        const auto opened = events.wait<ModelOpened>();
        QVERIFY(opened);
        QVERIFY(events.wait<Idle>());
        thread.measure_speeds({Plan::uniform(opened->info.config.n_layer, 64)});
        std::this_thread::sleep_for(150ms);
        QElapsedTimer timer;
        timer.start();
        thread.use_device(DeviceChoice::Cpu);
        QVERIFY(events.wait<DeviceChanged>());
        QVERIFY2(timer.elapsed() <= 100, qPrintable(QString::number(timer.elapsed())));
        const auto all = events.all();
        QVERIFY(std::none_of(all.begin(), all.end(), [](const EngineEvent& event) {
            return std::holds_alternative<SpeedMeasured>(event);
        }));
        QVERIFY(events.wait<SpeedMeasured>());
    }

    void speedsComeBetweenTheCurrentPlanAndTheOthers()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        const Plan current = Plan::uniform(layers, 20), other = Plan::uniform(layers, 7);
        thread.set_current_plan(current);
        thread.measure_speeds({current, other});
        thread.set_background_plans({{other}});
        QVERIFY(events.wait<Measured>(
            [&](const Measured& m) { return m.plan == other && m.measurement.complete(); }));
        std::int64_t done = 0;
        int told = 0;
        for (const EngineEvent& event : events.all()) {
            if (const auto* measured = std::get_if<Measured>(&event)) {
                QVERIFY(measured->plan == current || told == 2); // the others wait
                if (measured->plan == current)
                    done = measured->measurement.samples_done;
            } else if (const auto* speed = std::get_if<SpeedMeasured>(&event)) {
                QCOMPARE(speed->plan, told == 0 ? current : other);
                QCOMPARE(speed->left, std::size_t(1 - told));
                QVERIFY(done >= (told == 0 ? 64 : 1024) && done < kRecords);
                QVERIFY(speed->speed.seconds > 0);
                ++told;
            }
        }
        QCOMPARE(told, 2);
    }

    void theNewestSpeedsReplaceTheOthersAndCancelEndsThem()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        thread.open_model(kModel);
        const auto opened = events.wait<ModelOpened>();
        QVERIFY(opened);
        const auto uniform
            = [&](int heads) { return Plan::uniform(opened->info.config.n_layer, heads); };
        QVERIFY(events.wait<Idle>());
        std::vector<Plan> many;
        for (int heads = 1; heads <= 64; ++heads)
            many.push_back(uniform(heads));
        thread.measure_speeds(many); // needs no data
        QVERIFY(events.wait<SpeedMeasured>());
        thread.measure_speeds({uniform(5)});
        const auto newest
            = events.wait<SpeedMeasured>([&](const SpeedMeasured& s) { return s.left == 0; });
        QVERIFY(newest);
        QCOMPARE(newest->plan, uniform(5));
        QVERIFY(events.wait<Idle>());

        thread.measure_speeds(many);
        QVERIFY(events.wait<SpeedMeasured>());
        QElapsedTimer timer;
        timer.start();
        thread.cancel();
        QVERIFY(events.wait<Idle>([](const Idle& e) { return e.rest == Rest::Cancelled; }));
        QVERIFY2(timer.elapsed() <= 100, qPrintable(QString::number(timer.elapsed())));
        const std::size_t before = events.all().size();
        thread.measure_speeds({uniform(9)}); // asked anew
        const auto again = events.wait<SpeedMeasured>();
        QVERIFY(again);
        QCOMPARE(again->plan, uniform(9));
        QCOMPARE(again->left, std::size_t(0));
        const auto all = events.all();
        QCOMPARE(std::count_if(all.begin() + static_cast<std::ptrdiff_t>(before), all.end(),
                               [](const EngineEvent& event) {
                                   return std::holds_alternative<SpeedMeasured>(event);
                               }),
                 1);

        thread.measure_speeds({Plan::uniform(opened->info.config.n_layer + 1, 8), uniform(9)});
        const auto failed = events.wait<Failed>();
        QVERIFY(failed);
        QCOMPARE(failed->request, Request::MeasureSpeed);
        QVERIFY(events.wait<Idle>());
    }

    void whatLibrariesThrowBecomesOneSentence()
    {
        const auto refused = std::make_error_code(std::errc::permission_denied);
        const std::filesystem::filesystem_error error("cannot open directory", "/secret", refused);
        QCOMPARE(sentence_of(error).find("filesystem error"), std::string::npos);
        QVERIFY(sentence_of(error).find("/secret") != std::string::npos);
        QVERIFY(sentence_of(error).find(refused.message()) != std::string::npos);
        QCOMPARE(sentence_of(Error("A sentence")), std::string("A sentence"));
        QVERIFY(sentence_of(std::bad_alloc()).find("not enough memory") != std::string::npos);
        const std::string other = sentence_of(std::out_of_range("map::at\nand a trace"));
        QVERIFY(other.ends_with("map::at") && other.find('\n') == std::string::npos);
    }

    void anOutdatedDriverIsNamedAndAnAbsentOneIsNot()
    {
        QCOMPARE(too_old_driver(12020, 13000),
                 std::string("The NVIDIA driver is made for CUDA 12.2, but this program needs one "
                             "for CUDA 13.0 or newer"));
        QCOMPARE(too_old_driver(0, 13000), std::string());
        QCOMPARE(too_old_driver(13000, 13000), std::string());
        QCOMPARE(too_old_driver(13010, 13000), std::string());
    }

    void textsGrowSideBySideAndAreTheEngines()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        thread.open_model(kTales);
        const auto opened = events.wait<ModelOpened>();
        QVERIFY(opened);
        const int layers = opened->info.config.n_layer;
        const std::vector<Plan> plans{Plan::uniform(layers, 64), Plan::uniform(layers, 3)};
        GenerateOptions options;
        options.max_tokens = 25;
        options.seed = 5;
        const std::uint64_t asked = thread.generate(plans, "It was", options);
        Engine engine(DeviceChoice::Cpu);
        engine.open_model(kTales);
        for (std::size_t i = 0; i < plans.size(); ++i) {
            const auto result = events.wait<Generated>();
            QVERIFY(result);
            QCOMPARE(result->generation, asked);
            QCOMPARE(result->index, i);
            QCOMPARE(result->last, i == 1);
            QVERIFY(result->result.first_token_seconds > 0 && result->result.tokens_per_second > 0);
            QCOMPARE(result->result.text, engine.generate(plans[i], "It was", options).text);
            std::string streamed;
            for (const EngineEvent& event : events.all())
                if (const auto* token = std::get_if<Generating>(&event); token && token->index == i)
                    streamed += token->token.text;
            QCOMPARE(streamed, result->result.text);
        }
        QVERIFY(events.wait<Idle>());
        std::size_t tokens = 0; // A, B, A, B, …
        for (const EngineEvent& event : events.all())
            if (const auto* token = std::get_if<Generating>(&event))
                QCOMPARE(token->index, tokens++ % 2);
        QCOMPARE(tokens, std::size_t(50));
    }

    void theLongerTextGoesOnAlone()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        thread.open_model(kTales);
        const auto opened = events.wait<ModelOpened>();
        QVERIFY(opened);
        const int layers = opened->info.config.n_layer;
        const std::vector<Plan> plans{Plan::uniform(layers, 64), Plan::uniform(layers, 3)};
        GenerateOptions options;
        options.max_tokens = 30;
        options.temperature = 1.5;
        options.seed = 5;
        Engine engine(DeviceChoice::Cpu);
        engine.open_model(kTales);
        const std::string a = engine.generate(plans[0], "It was", options).text;
        const std::string b = engine.generate(plans[1], "It was", options).text;
        std::size_t same = 0;
        while (same < std::min(a.size(), b.size()) && a[same] == b[same])
            ++same;
        QVERIFY(same + 8 <= a.size());
        options.stop_texts = {a.substr(same, 8)}; // B does not say this
        QCOMPARE(b.find(options.stop_texts[0]), std::string::npos);
        thread.generate(plans, "It was", options);
        const auto first = events.wait<Generated>();
        QVERIFY(first && !first->last);
        QCOMPARE(first->index, std::size_t(0));
        QCOMPARE(first->result.text, a.substr(0, a.find(options.stop_texts[0])));
        const auto second = events.wait<Generated>();
        QVERIFY(second && second->last);
        QCOMPARE(second->index, std::size_t(1));
        QCOMPARE(second->result.text, b);
    }

    void aStopOrANewerRequestEndsTheTexts()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        thread.open_model(kBooks);
        const auto opened = events.wait<ModelOpened>();
        QVERIFY(opened);
        const Plan plan = Plan::uniform(opened->info.config.n_layer, 64);
        const std::string prompt = "It was"; // a novel does not end soon
        const auto isOfB = [](const Generating& token) { return token.index == 1; };
        GenerateOptions longer;
        longer.max_tokens = 1'000'000;
        thread.generate({plan, plan}, prompt, longer);
        QVERIFY(events.wait<Generating>(isOfB));
        QElapsedTimer timer;
        timer.start();
        thread.stop_generating();
        const auto stoppedA = events.wait<Generated>(), stoppedB = events.wait<Generated>();
        QVERIFY(stoppedA && stoppedB);
        QVERIFY2(timer.elapsed() <= 100, qPrintable(QString::number(timer.elapsed())));
        // Of each what it has; either may have had its turn when the stop came.
        QVERIFY(!stoppedA->last && stoppedB->last);
        QVERIFY(stoppedA->index != stoppedB->index);
        for (const auto& stopped : {stoppedA, stoppedB}) {
            QCOMPARE(stopped->result.end, TextEnd::Stopped);
            QVERIFY(!stopped->result.tokens.empty());
        }
        QVERIFY(events.wait<Idle>());

        const std::uint64_t older = thread.generate({plan, plan}, prompt, longer);
        QVERIFY(events.wait<Generating>());
        GenerateOptions shorter;
        shorter.max_tokens = 3;
        const std::uint64_t newer = thread.generate({plan}, prompt, shorter);
        const auto endA = events.wait<Generated>(), endB = events.wait<Generated>();
        QVERIFY(endA && endA->generation == older && !endA->last);
        QVERIFY(endB && endB->generation == older && endB->last);
        const auto next = events.wait<Generated>();
        QVERIFY(next && next->generation == newer && next->last);
        QCOMPARE(next->result.tokens.size(), std::size_t(3));
    }

    void aVisionModelGeneratesNoText()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        const std::uint64_t asked = thread.generate({Plan::uniform(layers, 64)}, "x", {});
        const auto failed = events.wait<Failed>();
        QVERIFY(failed && failed->request == Request::Generate);
        QCOMPARE(failed->generation, asked);
        QVERIFY(failed->sentence.find("only a language model") != std::string::npos);
    }

    void aNewerPictureReplacesThePendingOnes()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        constexpr int kAsked = 50;
        std::uint64_t newest = 0;
        for (int i = 0; i < kAsked; ++i)
            newest = thread.classify({Plan::uniform(layers, 64)},
                                     Picture{2, 2, std::vector<std::uint8_t>(12, 99)});
        QVERIFY(events.wait<Classified>(
            [&](const Classified& result) { return result.generation == newest; }));
        QVERIFY(events.wait<Idle>());
        int answers = 0;
        for (const EngineEvent& event : events.all())
            answers += std::holds_alternative<Classified>(event);
        QVERIFY2(answers < kAsked / 2, qPrintable(QString::number(answers)));
    }

    void nothingOfTheModelBeforeComesAfterTheNext()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        const Plan plan = Plan::uniform(layers, 64);
        thread.set_current_plan(plan);
        QVERIFY(events.wait<Measured>());
        thread.open_model(kTales);
        thread.classify({plan}, Picture{2, 2, std::vector<std::uint8_t>(12, 99)});
        thread.open_model(kModel); // newer still: forgets the picture, and the tales
        QVERIFY(events.wait<ModelOpened>(
            [](const ModelOpened& opened) { return opened.info.name == "vision-tiny"; }));
        QVERIFY(events.wait<Idle>());
        bool opened = false;
        const auto all = events.all();
        const auto first = std::find_if(all.begin(), all.end(), [](const EngineEvent& event) {
            return std::holds_alternative<DataOpened>(event);
        });
        for (auto event = first; event != all.end(); ++event) {
            opened = opened || std::holds_alternative<ModelOpened>(*event);
            QVERIFY(!opened || !std::holds_alternative<Measured>(*event));
            QVERIFY(!std::holds_alternative<Classified>(*event));
            QVERIFY(!std::holds_alternative<Failed>(*event));
        }
        QVERIFY(opened);
    }

    void theFirstRequestTellsTheDevicesAndWhichIsUsed()
    {
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        thread.set_background_plans({});
        const auto found = events.wait<DevicesFound>();
        QVERIFY(found);
        QCOMPARE(found->devices.size(), std::size_t(2));
        QCOMPARE(found->devices[0].name, std::string("cpu"));
        QVERIFY(found->devices[0].obstacle.empty());
        QCOMPARE(found->devices[1].name.empty(), !found->devices[1].obstacle.empty());
        const auto used = events.wait<DeviceChanged>();
        QVERIFY(used);
        QVERIFY(used->device == DeviceChoice::Cpu);
        QVERIFY(!used->model && !used->data);
    }

    void aDeviceThatIsNotThereLeavesTheOneBefore()
    {
        if (device_offers().at(1).obstacle.empty())
            QSKIP("A CUDA card is there, so asking for it cannot fail");
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        const int layers = openAll(thread, events).config.n_layer;
        const Plan plan = Plan::uniform(layers, 7);
        thread.set_current_plan(plan);
        QVERIFY(events.wait<Measured>());
        thread.use_device(DeviceChoice::Cuda);
        const auto failed = events.wait<Failed>();
        QVERIFY(failed);
        QCOMPARE(failed->request, Request::UseDevice);
        QVERIFY(failed->sentence.size() > 20);
        // What was wanted before still is, and goes on with what is measured.
        QVERIFY(events.wait<Measured>(
            [&](const Measured& m) { return m.plan == plan && m.measurement.complete(); }));
        const std::size_t before = events.all().size();
        thread.use_device(DeviceChoice::Cpu); // it is in use: nothing is opened again
        const auto same = events.wait<DeviceChanged>();
        QVERIFY(same && same->model && same->data);
        const auto all = events.all();
        for (std::size_t i = before; i < all.size(); ++i)
            QVERIFY(!std::holds_alternative<Opening>(all[i]));
    }

    void destroyingWhileMeasuringEndsAtOnce()
    {
        QElapsedTimer timer;
        {
            Events events;
            EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
            const int layers = openAll(thread, events).config.n_layer;
            thread.set_current_plan(Plan::uniform(layers, 64));
            QVERIFY(events.wait<Measured>());
            timer.start();
        }
        QVERIFY2(timer.elapsed() <= 500, qPrintable(QString::number(timer.elapsed())));
    }

    void errorsOfTheCardAreSortedIntoLossesAndOthers()
    {
        // Success, a wrong argument, lack of memory, a kernel without code for the card, one that
        // asks for too much, work that is not done yet.
        for (const int harmless : {0, 1, 2, 9, 98, 209, 600, 701, 720, 801})
            QVERIFY2(loss_of(harmless).empty(), qPrintable(QString::number(harmless)));
        // Memory errors, illegal addresses and instructions, timeouts, asserts, traps, a card that
        // is gone.
        for (const int fatal : {46,  100, 214, 220, 226, 700, 702, 709, 710, 714, 715,
                                716, 717, 718, 719, 721, 802, 806, 810, 911, 999})
            QVERIFY2(!loss_of(fatal).empty(), qPrintable(QString::number(fatal)));
    }

    /// The last test: no card is used in this process any more.
    void aLostCardIsRefusedWithoutAskingIt()
    {
        check_gpu(719); // none is used: whatever it was, it was not the card
        refuse_lost_gpu();
        gpu_is_used();
        QVERIFY_EXCEPTION_THROWN(check_gpu(719), GpuLost);
        QVERIFY_EXCEPTION_THROWN(check_gpu(), GpuLost);
        QVERIFY_EXCEPTION_THROWN(refuse_lost_gpu(), GpuLost);
        Events events;
        EngineThread thread(DeviceChoice::Cpu, [&](const EngineEvent& e) { events.add(e); });
        openAll(thread, events); // the CPU is another matter
        thread.use_device(DeviceChoice::Cuda);
        const auto failed = events.wait<Failed>();
        QVERIFY(failed && failed->request == Request::UseDevice);
        QVERIFY_EXCEPTION_THROWN(Engine(DeviceChoice::Cuda), Error);
    }

private:
    ModelInfo openAll(EngineThread& thread, Events& events)
    {
        thread.open_model(kModel);
        const auto opened = events.wait<ModelOpened>();
        thread.open_data(m_data);
        if (!opened || !events.wait<DataOpened>())
            qFatal("The fixture model or the random pictures did not open");
        return opened->info;
    }

    static constexpr std::int64_t kRecords = 6000;
    QTemporaryDir m_folder;
    std::filesystem::path m_data;
};

QTEST_GUILESS_MAIN(TestEngineThread)
#include "tst_engine_thread.moc"
