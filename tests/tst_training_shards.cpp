// Training on token shards where they lie: the same windows and the same log as of the tokens in
// memory, ids that are looked at when they are read, and memory that does not grow with the corpus.
// Before Qt, whose macro `slots` is a name in Torch.
#include <ATen/ATen.h>

#include <QTemporaryDir>
#include <QtTest>

#include <cstring>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <thread>

#include "engine/error.h"
#include "engine/files/text_file.h"
#include "engine/train/samples.h"
#include "engine/train/train.h"
#include "engine/train/training_data.h"
#include "tests/error_of.h"

using namespace matmamba;
namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;

namespace
{

constexpr std::int64_t kMiB = 1 << 20;

/// A shard of llm.c's form for ids of `Stored`: uint16 or uint32.
template <typename Stored> void write_shard(const fs::path& file, const Ids& ids)
{
    std::vector<std::int32_t> header(256, 0);
    header[0] = sizeof(Stored) == 2 ? 20240520 : 20240801;
    header[1] = sizeof(Stored) == 2 ? 1 : 7;
    header[2] = static_cast<std::int32_t>(ids.size());
    const std::vector<Stored> stored(ids.begin(), ids.end());
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(header.data()), 1024);
    out.write(reinterpret_cast<const char*>(stored.data()),
              static_cast<std::streamsize>(stored.size() * sizeof(Stored)));
}

/// Tokens of id 0 that take no room on the disk.
void write_sparse_shard(const fs::path& file, std::int32_t tokens)
{
    write_shard<std::uint16_t>(file, {});
    std::fstream(file, std::ios::binary | std::ios::in | std::ios::out)
        .seekp(8)
        .write(reinterpret_cast<const char*>(&tokens), 4);
    fs::resize_file(file, 1024 + std::uintmax_t{2} * static_cast<std::uint32_t>(tokens));
}

Ids numbered(int count)
{
    Ids ids(count);
    std::iota(ids.begin(), ids.end(), 0);
    return ids;
}

Ids slice(const Ids& ids, int begin, int end)
{
    return {ids.begin() + begin, ids.begin() + end};
}

/// A field of /proc/self/status in bytes.
std::int64_t memory(const std::string& field)
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(field + ":"))
            return std::stoll(line.substr(field.size() + 1)) * 1024;
    return 0;
}

TrainConfig tiny_config()
{
    TrainConfig config;
    config.model.kind = ModelKind::Language;
    config.model.d_model = 32;
    config.model.n_layer = 1;
    config.model.d_state = 16;
    config.model.vocab_size = 1000;
    config.context = 64;
    config.steps = 6;
    config.batch = 4;
    config.warmup_steps = 2;
    config.validate_every = 3;
    config.seed = 2;
    return config;
}

/// The lines of a training's log without its times.
std::vector<std::string> log_of(const TrainConfig& config, const fs::path& out)
{
    TrainOptions options;
    options.out = out;
    options.device = DeviceChoice::Cpu;
    std::vector<std::string> lines;
    train(config, options,
          [&](const TrainProgress& progress) {
              if (progress.line.empty())
                  return;
              auto line = nlohmann::json::parse(progress.line);
              line.erase("seconds");
              lines.push_back(line.dump());
          },
          {});
    return lines;
}

} // namespace

class TestTrainingShards : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    fs::path path(const std::string& name) const
    {
        return fs::path(m_folder.path().toStdString()) / name;
    }
    fs::path new_folder(const std::string& name) const
    {
        fs::create_directory(path(name));
        return path(name);
    }
    /// 1,000 tokens that are their own places, in shards of both kinds and one without tokens.
    std::vector<fs::path> numbered_shards() const
    {
        const Ids ids = numbered(1000);
        const std::vector<fs::path> files
            = {path("a.bin"), path("empty.bin"), path("b.bin"), path("c.bin")};
        write_shard<std::uint16_t>(files[0], slice(ids, 0, 333));
        write_shard<std::uint16_t>(files[1], {});
        write_shard<std::uint32_t>(files[2], slice(ids, 333, 733));
        write_shard<std::uint16_t>(files[3], slice(ids, 733, 1000));
        return files;
    }

private slots:
    void theWindowsAreThoseOfTheTokensInMemory()
    {
        const TrainConfig config = tiny_config();
        const auto in_memory = text_samples(TokenCorpus(numbered(1000)), config);
        const auto mapped = text_samples(TokenCorpus(numbered_shards(), 1000), config);
        for (const auto& [first, count] : {std::pair{0, 42}, {5, 3}, {27, 2}, {1000, 30}})
            QVERIFY(at::equal(mapped->make(first, count).ids, in_memory->make(first, count).ids));
        const at::Tensor ids = mapped->make(0, 42).ids;
        QVERIFY(at::equal(ids - ids.select(1, 0).unsqueeze(1), at::arange(64).expand({42, 64})));
        // Three epochs as they were when corpora were held in memory: a training that was stopped
        // then goes on with the same samples.
        const at::Tensor first
            = at::tensor({253, 445, 893, 509, 381, 317, 189, 61,  701, 637, 765, 125, 573, 829,
                          369, 305, 433, 177, 497, 817, 625, 561, 881, 241, 753, 113, 49,  689,
                          492, 556, 300, 620, 428, 364, 748, 108, 684, 44,  172, 876, 236, 812},
                         at::kLong);
        QVERIFY(at::equal(ids.select(1, 0), first));
    }

    void severalThreadsGetTheSameWindows()
    {
        const TrainConfig config = tiny_config();
        const auto samples = text_samples(TokenCorpus(numbered_shards(), 1000), config);
        const auto alone = text_samples(TokenCorpus(numbered(1000)), config);
        std::vector<at::Tensor> made(64);
        {
            std::vector<std::jthread> threads;
            for (int thread = 0; thread < 4; ++thread)
                threads.emplace_back([&, thread] {
                    for (std::size_t batch = thread; batch < made.size(); batch += 4)
                        made[batch] = samples->make(static_cast<std::int64_t>(batch) * 5, 5).ids;
                });
        }
        for (std::size_t batch = 0; batch < made.size(); ++batch)
            QVERIFY(
                at::equal(made[batch], alone->make(static_cast<std::int64_t>(batch) * 5, 5).ids));
    }

    void anIdBeyondTheModelIsNamedWhenItIsRead()
    {
        const auto files = numbered_shards();
        const auto samples = text_samples(TokenCorpus(files, 740), tiny_config()); // no id is read
        const std::string error = error_of([&] { samples->make(0, 14); });
        QVERIFY2(error.find("of " + files[3].string() + " has id ") != std::string::npos
                     && error.find("expected ids below 740") != std::string::npos,
                 error.c_str());
        const TokenCorpus corpus(files, 740);
        Ids ids(20);
        const std::string exact = error_of([&] { corpus.read(725, ids); });
        QVERIFY2(exact.starts_with("Token 7 of " + files[3].string() + " has id 740;"),
                 exact.c_str());
        corpus.read(720, ids);
        QCOMPARE(ids, slice(numbered(1000), 720, 740));
    }

    void aDamagedShardIsNamedAtOpening()
    {
        const auto files = numbered_shards();
        fs::resize_file(files[3], 1100);
        const std::string error = error_of([&] { TokenCorpus(files, 1000); });
        QVERIFY2(error.find(files[3].string()) != std::string::npos
                     && error.find("has 1100 bytes; expected 1558") != std::string::npos,
                 error.c_str());
    }

    void aTrainingOnTwoShardsIsTheOneOnASingleShard()
    {
        Ids ids(3000), held_out(701);
        for (std::size_t i = 0; i < ids.size(); ++i)
            ids[i] = static_cast<std::int32_t>(i * i % 997);
        for (std::size_t i = 0; i < held_out.size(); ++i)
            held_out[i] = static_cast<std::int32_t>(i * i % 499);
        const fs::path one = new_folder("one"), two = new_folder("two");
        write_shard<std::uint16_t>(one / "x_val_0.bin", held_out);
        write_shard<std::uint16_t>(one / "x_train_1.bin", ids);
        write_shard<std::uint16_t>(two / "x_val_0.bin", slice(held_out, 0, 350));
        write_shard<std::uint32_t>(two / "x_val_1.bin", slice(held_out, 350, 701));
        write_shard<std::uint32_t>(two / "x_train_2.bin", slice(ids, 0, 1717));
        write_shard<std::uint16_t>(two / "x_train_3.bin", slice(ids, 1717, 3000));
        TrainConfig config = tiny_config();
        for (const int validation_samples : {0, 5}) {
            const std::string name = std::to_string(validation_samples);
            config.validation_samples = validation_samples;
            config.data = one;
            const auto whole = log_of(config, path("of-one" + name));
            config.data = two;
            QCOMPARE(log_of(config, path("of-two" + name)), whole);
            QCOMPARE(whole.size(), 8u); // six steps, two validations
            const auto validation = nlohmann::json::parse(whole.back())["validation"];
            // All tokens but the first of each of 11 windows; or five whole windows' but for one.
            const int scored = validation[0]["n"].get<int>();
            QVERIFY2(validation_samples == 0 ? scored == 690 : scored <= 5 * 63,
                     whole.back().c_str());
        }
    }

    /// Several processes may share the folder; only the first one measures.
    void onlyTheFirstProcessWritesAndOpensWhatIsHeldOut()
    {
        TrainConfig config = tiny_config();
        config.data = "tales";
        config.validation_samples = 2;
        const fs::path out = new_folder("places");
        const fs::path settings = out / "tokenizer_config.json";
        fs::copy(fs::path(MATMAMBA_RESOURCES) / "models/tales-lm/tokenizer.json", out);
        config.model.vocab_size
            = Tokenizer::load(out).size(); // as of the model that it was trained for
        config.tokenizer = out;
        const auto open_as = [&](bool first) {
            return open_training_data(config, {.out = out, .is_first_process = first}, at::kCPU,
                                      [](const std::string&) {}, {});
        };
        const TrainingData other = open_as(false);
        QVERIFY(other.samples && !other.held_out);
        QVERIFY(!fs::exists(settings));
        const TrainingData first = open_as(true);
        QVERIFY(first.samples && first.held_out);
        QVERIFY(fs::exists(settings));
        QVERIFY(at::equal(other.samples->make(0, 4).ids, first.samples->make(0, 4).ids));
    }

    void memoryDoesNotGrowWithTheCorpus()
    {
        if (memory("VmHWM") == 0)
            QSKIP("/proc/self/status does not tell this process' memory");
        const fs::path large = new_folder("large");
        constexpr std::int32_t kTokens = 1 << 28; // 512 MiB each
        for (const char* name : {"x_val_0.bin", "x_train_1.bin", "x_train_2.bin"})
            write_sparse_shard(large / name, kTokens);
        TrainConfig config = tiny_config();
        config.context = 1024;
        config.batch = 2;
        config.validation_samples = 4;
        const fs::path small = new_folder("small");
        write_sparse_shard(small / "x_val_0.bin", 8 << 10);
        write_sparse_shard(small / "x_train_1.bin", 8 << 10);
        const auto peak_of = [&](const fs::path& data) {
            std::ofstream("/proc/self/clear_refs") << 5; // the peak begins anew
            config.data = data;
            log_of(config, data / "out");
            return memory("VmHWM");
        };
        const std::int64_t without = peak_of(small), with = peak_of(large);
        qInfo("peak %.0f MiB on 32 KiB, %.0f MiB on 1.5 GiB of shards",
              static_cast<double>(without) / kMiB, static_cast<double>(with) / kMiB);
        QVERIFY(with - without < 200 * kMiB); // in memory: 2 GiB for training alone
    }
};

QTEST_GUILESS_MAIN(TestTrainingShards)
#include "tst_training_shards.moc"
