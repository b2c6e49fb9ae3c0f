// See the header.
#include "engine/train/training_folder.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "engine/data/tokenizer.h"
#include "engine/error.h"
#include "engine/files/atomic_file.h"

namespace matmamba
{

namespace
{

/// A model that stands in a folder of no training would be lost to the first checkpoint.
void refuse_foreign_model(const std::filesystem::path& folder)
{
    if (std::filesystem::exists(folder / kStateFile))
        return;
    for (const char* file : {"config.json", "model.safetensors", "model.safetensors.index.json",
                             "pytorch_model.bin", "pytorch_model.bin.index.json"})
        if (std::filesystem::exists(folder / file))
            throw Error(folder.string() + " holds a " + file
                        + " that no training there has saved: expected a new or empty folder, or "
                          "one that a training is to go on in");
}

} // namespace

std::string what_is_kept(const std::filesystem::path& folder)
{
    return std::filesystem::exists(folder / kStateFile)
        ? "the last checkpoint in " + folder.string() + " is whole"
        : "no checkpoint was saved yet";
}

TrainingFolder::TrainingFolder(const std::filesystem::path& folder)
{
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (!std::filesystem::is_directory(folder))
        throw Error("The folder " + folder.string() + " cannot be made: "
                    + (failed ? failed.message() : std::string("a file of that name is there")));
    refuse_foreign_model(folder);
    m_descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // A file system without locks is no reason to train nothing.
    if (m_descriptor >= 0 && ::flock(m_descriptor, LOCK_EX | LOCK_NB) != 0
        && errno == EWOULDBLOCK) {
        ::close(m_descriptor);
        throw Error("Another training is running in " + folder.string()
                    + ": expected a folder of this training's own");
    }
    for (const char* file :
         {kStateFile, "training_config.json", "config.json", "preprocessor_config.json",
          "model.safetensors", "tokenizer_config.json", "log.jsonl"})
        remove_half_written(folder / file);
    for (const char* file : kTokenizerFiles)
        remove_half_written(folder / file);
}

TrainingFolder::~TrainingFolder()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

} // namespace matmamba
