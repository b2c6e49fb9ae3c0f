// The shared object with all of the engine that the window can wait for: Torch, OpenCV and what
// they bring along. It is loaded by whoever first calls into it, and stays. Free of Torch and Qt.
#pragma once

#include <filesystem>

#include "engine/data/pictures.h"

namespace matmamba
{

/// A function of the engine's shared object, which is loaded for it if it is not yet. Throws Error
/// where a part of the installed program is missing. Any thread; blocks while it loads.
void* engine_entry(const char* name);

/// load_picture() of pictures.h by the engine's shared object. Any thread; blocks.
Picture load_picture_by_engine(const std::filesystem::path& file);

} // namespace matmamba

// The entries; defined in engine_worker.cpp.
extern "C" void matmamba_load_picture(const std::filesystem::path& file,
                                      matmamba::Picture& picture); ///< throws like load_picture()
