// The run's log.jsonl: a JSON line for every step and every validation. Losses stay on the device
// until some steps are done, so that no step waits for another.
// Place in the way: train -> *log*.
#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/train/train.h"

namespace matmamba
{

class TrainLog
{
public:
    /// Goes on with the log in `folder`, without the lines of steps after `steps_done`: they will
    /// be done again. Throws Error if it cannot be written.
    TrainLog(const std::filesystem::path& folder, int steps_done);

    /// A step that is done; its numbers may still be in the making on the device.
    void add(int step, double learning_rate, const at::Tensor& loss, const at::Tensor& norm);
    /// The step of the last validation in the log; -1 where there is none.
    int last_validation() const { return m_last_validation; }
    /// Steps added and not yet written.
    int pending() const { return static_cast<int>(m_pending.size()); }

    struct Step {
        int step = 0;
        double learning_rate = 0, loss = 0, gradient_norm = 0;
        std::string line;
    };
    /// Writes the pending steps; `seconds` is the training time so far. Throws Error at the first
    /// loss or norm that is not finite, after the lines before it.
    std::vector<Step> flush(double seconds);

    void write(const std::string& line); ///< one line more; throws Error with the system's reason

private:
    struct Pending {
        int step;
        double learning_rate;
        at::Tensor loss_and_norm; ///< (2) float32 on the device
    };
    std::filesystem::path m_file;
    std::vector<Pending> m_pending;
    int m_last_validation = -1;
};

} // namespace matmamba
