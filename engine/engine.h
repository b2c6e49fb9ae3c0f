// The engine's facade: one opened model and one opened data set, every job on them, without a word
// of Torch or Qt. The command line tool calls it directly; the window through EngineThread.
// The way behind it: checkpoint -> weights -> nested view -> mixer -> model -> evaluate -> runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/data/pictures.h"
#include "engine/measure/generate.h"
#include "engine/measure/metrics.h"
#include "engine/model/config.h"
#include "engine/model/cost.h"
#include "engine/model/plan.h"

namespace matmamba
{

/// Where the model computes. Best = CUDA if a card and its driver are usable, else the CPU.
enum class DeviceChoice { Best, Cpu, Cuda };
/// "cpu" or "cuda" to a choice; throws Error listing what is supported.
DeviceChoice parse_device(const std::string& text);

/// A device that there might be.
struct DeviceOffer {
    DeviceChoice device = DeviceChoice::Cpu; ///< Cpu or Cuda
    std::string name; ///< "cpu", or "cuda:0 (NVIDIA H200)"; "" where nothing is known of it
    std::string obstacle; ///< a sentence that says why it cannot be used, "" where it can
};
/// The CPU and the first card. Waking a card's driver takes up to seconds.
std::vector<DeviceOffer> device_offers();

/// The type in which products run. Auto = float32 on the CPU, bfloat16 on CUDA.
enum class ComputeType { Auto, F32, BF16 };
ComputeType parse_compute_type(const std::string& text);

/// What is known of the opened model.
struct ModelInfo {
    std::string name; ///< the folder's name
    std::filesystem::path path; ///< the folder
    ModelConfig config;
    std::string stored_type; ///< "bfloat16", … ("mixed" where tensors differ)
    std::int64_t file_bytes = 0;
    std::string weights_stamp; ///< size and time of the weights: other weights, another stamp
    int bytes_per_param = 4; ///< of the stored type: what costs are counted in
    std::string device; ///< "cpu", or "cuda:0 (NVIDIA H200)"
    std::string compute_type; ///< "float32" or "bfloat16"
    std::string preprocessing; ///< vision: one line that says how pictures become inputs
    bool has_tokenizer = false; ///< language: a tokenizer stands beside the weights
};

/// What is known of the opened data set.
struct DataInfo {
    std::string name; ///< last part of the path
    std::filesystem::path path;
    std::int64_t samples = 0; ///< pictures, or scored tokens
    int context = 0; ///< language: a window has at most so many tokens
    std::optional<double> entropy; ///< nats per scored token, where the source's own is known
    std::vector<std::string> class_names; ///< vision
};

/// A model that export_sliced() has written.
struct ExportedModel {
    std::filesystem::path folder; ///< absolute
    std::int64_t file_bytes = 0; ///< of its weights
    /// The largest absolute difference between its logits, read back, and the opened model's at the
    /// plan, on one picture or window of tokens; 0 on the CPU in float32.
    double logit_difference = 0;
};

struct ClassScore {
    int index = 0;
    std::string label; ///< class name, or "class 17"
    double probability = 0;
};

/// A picture of the data set, in the order in which samples are visited.
struct Sample {
    std::int64_t index = 0;
    Picture picture; ///< as it is stored, before preprocessing
    std::string name; ///< "cat/0001.jpg", or "test_batch.bin #12"
    int label = 0; ///< the right class
    std::string label_name;
};

/// One model and one data set. Not thread-safe: one thread at a time. Every function throws Error
/// with a sentence for a user, and all but generate() throw Stopped when their stop token fires.
/// Once the card is lost every function of an engine on it throws GpuLost (gpu_state.h).
/// Either way model and data stay as they were before the call; what evaluate() has measured until
/// then is kept.
class Engine
{
public:
    explicit Engine(DeviceChoice device = DeviceChoice::Best, ComputeType type = ComputeType::Auto);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    DeviceChoice device() const; ///< Cpu or Cuda

    /// A sentence where `Best` found a card or driver that it cannot use and took the CPU, else "".
    const std::string& device_note() const;

    /// Opens a checkpoint (see open_checkpoint) and moves its weights to the device. Replaces the
    /// model and closes the data set. `progress` gets a fraction 0 … 1.
    void open_model(const std::filesystem::path& path,
                    const std::function<void(double)>& progress = {}, std::stop_token stop = {});
    const ModelInfo* model() const; ///< nullptr while none is open

    /// Vision: an image folder, CIFAR-10 binary or IDX files (test split), or the word "shapes".
    /// Language: a text or token shard, cut into windows of `context` tokens, or the word "tales",
    /// of which each story is a window. The words mean data that the code makes (a folder of that
    /// name is "./shapes"). `max_samples` > 0 takes only so many pictures or windows, chosen by
    /// `seed`; samples are visited in an order shuffled by `seed`, the same for every plan.
    struct DataOptions {
        std::int64_t max_samples = 0;
        int context = 0; ///< 0 = the model's own context_length, else 1024
        std::uint64_t seed = 0;
    };
    /// `progress` gets a fraction 0 … 1, where the work can be told in advance.
    void open_data(const std::filesystem::path& path, const DataOptions& options,
                   const std::function<void(double)>& progress = {}, std::stop_token stop = {});
    void open_data(const std::filesystem::path& path) { open_data(path, DataOptions{}); }
    const DataInfo* data() const; ///< nullptr while none is open

    /// Measures until at least `until_samples` are done (0 = all). What was measured before for
    /// this plan on this data is kept and continued, so a finished plan returns at once. `report`
    /// gets every growing result.
    Measurement evaluate(const Plan& plan, std::int64_t until_samples = 0,
                         const std::function<void(const Measurement&)>& report = {},
                         std::stop_token stop = {});
    /// What is measured so far for a plan (samples_done 0 if nothing).
    Measurement measured(const Plan& plan) const;

    /// How fast a plan is at batch 1, of prepared noise (vision) or a few ids (language); needs no
    /// data. Takes about half a second, and looks for a stop after every layer.
    Speed measure_speed(const Plan& plan, std::stop_token stop = {}) const;

    /// Vision: the index-th sample in visiting order. Throws Error for a text or for an index that
    /// is not below DataInfo::samples.
    Sample sample(std::int64_t index) const;

    /// The `top` likeliest classes, likeliest first.
    std::vector<ClassScore> classify(const Plan& plan, const Picture& picture, int top = 5,
                                     std::stop_token stop = {});

    /// Prompt text through the tokenizer, then token by token. `on_token` sees each as it comes.
    /// When stopped, returns what has been generated instead of throwing Stopped.
    Generation generate(const Plan& plan, const std::string& prompt, const GenerateOptions& options,
                        const std::function<void(const GeneratedToken&)>& on_token = {},
                        std::stop_token stop = {});
    /// The same for who wants to decide after each token: for texts that grow in turns. The text
    /// must not grow after another model has been opened.
    TextGenerator begin_text(const Plan& plan, const std::string& prompt,
                             const GenerateOptions& options);

    /// Writes the heads that a plan keeps as a model of its own, which opens like any other and
    /// runs at any width up to the plan's, then reads it back and compares it with the opened
    /// model. The folder appears when it is complete; where a sliced model stands there it is
    /// replaced, anything else but an empty folder is refused. `progress` gets a fraction 0 … 1.
    ExportedModel export_sliced(const Plan& plan, const std::filesystem::path& folder,
                                const std::function<void(double)>& progress = {},
                                std::stop_token stop = {});

    /// Writes a plan file: the widths, what they cost, whose they are (the weights' SHA-256, which
    /// takes seconds of a large model) and what is measured so far. parse_plan reads it. A file
    /// that is no plan is not replaced.
    void export_plan(const Plan& plan, const std::filesystem::path& file,
                     std::stop_token stop = {});

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace matmamba
