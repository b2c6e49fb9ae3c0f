// Torch takes a third of a second to load, OpenCV's readers with their 140 libraries a tenth, and
// from a cold disk both take many times that. There is another reason why the program itself must
// be linked to neither: OpenCV's readers bring a slow BLAS along, whose symbols would come before
// Torch's own if they were loaded first.
#include "engine/engine_library.h"

#include <dlfcn.h>

#include <string>

#include "engine/error.h"

namespace matmamba
{

void* engine_entry(const char* name)
{
    void* const library = dlopen(MATMAMBA_ENGINE_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
    void* const entry = library ? dlsym(library, name) : nullptr;
    if (!entry)
        throw Error(std::string("A part of this program cannot be loaded: ") + dlerror()
                    + "; install the program again");
    return entry;
}

Picture load_picture_by_engine(const std::filesystem::path& file)
{
    static const auto load
        = reinterpret_cast<decltype(&matmamba_load_picture)>(engine_entry("matmamba_load_picture"));
    Picture picture;
    load(file, picture);
    return picture;
}

} // namespace matmamba
