// The facade's exports: what the opened model is at a plan, written for others and for ourselves.
// Place in the way: engine -> *export* -> files.
#include "engine/engine_state.h"
#include "engine/export/compare_logits.h"
#include "engine/export/export_folder.h"
#include "engine/export/plan_json.h"
#include "engine/export/sliced_model.h"
#include "engine/files/sha256.h"
#include "engine/torch_errors.h"

namespace matmamba
{

namespace
{

namespace fs = std::filesystem;

/// The opened model's checkpoint, from the disk again: nothing of the stored types is kept in
/// memory. Throws Error if the weights are others by now.
Checkpoint opened_again(const OpenModel& model)
{
    Checkpoint checkpoint = open_checkpoint(model.weights_path);
    if (weights_stamp(checkpoint) != model.info.weights_stamp)
        throw Error(model.weights_path.string()
                    + " has changed since the model was opened: open it again to export it");
    checkpoint.config = model.info.config;
    check_tensors(checkpoint);
    return checkpoint;
}

/// Part of a progress that stops the work when it is asked to.
std::function<void(double)> part_of(const std::function<void(double)>& progress,
                                    const std::stop_token& stop, double from, double to)
{
    return [&progress, stop, from, to](double fraction) {
        if (stop.stop_requested())
            throw Stopped();
        if (progress)
            progress(from + (to - from) * fraction);
    };
}

} // namespace

ExportedModel Engine::export_sliced(const Plan& plan, const fs::path& folder,
                                    const std::function<void(double)>& progress,
                                    std::stop_token stop)
{
    return in_sentences([&] {
        const c10::InferenceMode inference;
        const OpenModel& model = m_state->need_model();
        const ModelConfig& config = model.info.config;
        check_plan(plan, config);
        std::error_code ignored;
        if (fs::equivalent(folder, model.info.path, ignored))
            throw Error(folder.string()
                        + " is the folder of the opened model, expected another: its wider layers "
                          "would be lost");
        ExportFolder target(folder, is_sliced_model);
        constexpr double kWritten = 0.5, kRead = 0.8; // of the whole, in the progress
        write_sliced_model(opened_again(model), plan, target.temporary(),
                           part_of(progress, stop, 0, kWritten));

        const Checkpoint written = open_checkpoint(target.temporary());
        const ModelWeights weights = bind_weights(written, m_state->type, m_state->device.device,
                                                  part_of(progress, stop, kWritten, kRead));
        std::optional<Preprocessing> preprocessing;
        if (config.kind == ModelKind::Vision)
            preprocessing = read_preprocessing(written.folder, written.config);
        const double difference = largest_difference(
            probe_logits(weights, written.config, plan, preprocessing, stop),
            probe_logits(model.weights, config, plan, model.preprocessing, stop), target.target());
        target.commit();
        if (progress)
            progress(1);
        return ExportedModel{target.target(), written.file_bytes, difference};
    });
}

void Engine::export_plan(const Plan& plan, const fs::path& file, std::stop_token stop)
{
    in_sentences([&] {
        OpenModel& model = m_state->need_model();
        check_plan(plan, model.info.config);
        if (model.weights_sha256.empty())
            model.weights_sha256 = sha256_of_files(opened_again(model).weight_files, [&] {
                if (stop.stop_requested())
                    throw Stopped();
            });
        write_plan_file(file,
                        {
                            .model = model.info,
                            .plan = plan,
                            .weights_sha256 = model.weights_sha256,
                            .data = data(),
                            .measurement = measured(plan),
                        });
    });
}

} // namespace matmamba
