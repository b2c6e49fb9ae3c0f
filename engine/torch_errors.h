// The one place where what Torch and the standard library throw becomes a sentence of ours, and
// where it is noticed that the card is lost.
#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <string>
#include <utility>

#include "engine/error.h"
#include "engine/gpu_state.h"
#include "engine/sentences.h"

namespace matmamba
{

inline constexpr int kCudaOutOfMemory = 2; // cudaErrorMemoryAllocation
inline const char* const kGpuIsFull
    = "The GPU has not enough free memory for this: close other programs that use it, or compute "
      "on the CPU";

/// Torch adds a trace and hints below it.
inline std::string first_line(const c10::Error& error)
{
    const std::string text = error.what_without_backtrace();
    return text.substr(0, text.find('\n'));
}

/// Runs `work` and lets Error and Stopped through; everything else becomes an Error, GpuLost where
/// the card is lost.
template <typename Work> auto in_sentences(Work&& work)
{
    try {
        return std::forward<Work>(work)();
    } catch (const Error&) {
        throw;
    } catch (const Stopped&) {
        throw;
    } catch (const c10::OutOfMemoryError&) {
        throw Error(kGpuIsFull);
    } catch (const c10::AcceleratorError& error) {
        check_gpu(error.get_error_code());
        throw Error(error.get_error_code() == kCudaOutOfMemory
                        ? kGpuIsFull
                        : "The GPU refused the computation: " + first_line(error));
    } catch (const c10::Error& error) {
        check_gpu();
        throw Error("The computation failed: " + first_line(error));
    } catch (const std::exception& error) {
        check_gpu();
        throw Error(sentence_of(error));
    }
}

} // namespace matmamba
