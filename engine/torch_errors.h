// The one place where what Torch and the standard library throw becomes a sentence of ours.
#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <string>
#include <utility>

#include "engine/error.h"
#include "engine/sentences.h"

namespace matmamba
{

/// Runs `work` and lets Error and Stopped through; everything else becomes an Error.
template <typename Work> auto in_sentences(Work&& work)
{
    try {
        return std::forward<Work>(work)();
    } catch (const Error&) {
        throw;
    } catch (const Stopped&) {
        throw;
    } catch (const c10::OutOfMemoryError&) {
        throw Error("The GPU has not enough free memory for this: close other programs that use "
                    "it, or choose --device cpu");
    } catch (const c10::Error& error) {
        const std::string text = error.what_without_backtrace();
        throw Error("The computation failed: " + text.substr(0, text.find('\n')));
    } catch (const std::exception& error) {
        throw Error(sentence_of(error));
    }
}

} // namespace matmamba
