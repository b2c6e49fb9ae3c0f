// See the header. Layout: <root>/data.pkl, <root>/data/<key>, <root>/byteorder (since torch 2.1).
#include "engine/files/torch_file.h"

#include <algorithm>
#include <span>

#include "engine/error.h"
#include "engine/files/in_quotes.h"
#include "engine/files/tensor_size.h"
#include "engine/files/torch_pickle.h"
#include "engine/files/zip_archive.h"

namespace matmamba
{

namespace
{

using Bytes = std::span<const std::byte>;

std::string_view text_of(Bytes bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The folder in the archive that holds everything, with its '/'.
std::string root_of(const ZipArchive& archive)
{
    constexpr std::string_view kPickle = "/data.pkl";
    for (const std::string& name : archive.names())
        if (name.ends_with(kPickle) && name.find('/') == name.size() - kPickle.size())
            return name.substr(0, name.size() - kPickle.size() + 1);
    throw Error(archive.file()->path().string()
                + " is a zip archive without data.pkl, expected one that torch.save wrote");
}

StoredType type_of(const PickledTensor& tensor, const std::string& where)
{
    if (tensor.storage_type == "FloatStorage")
        return StoredType::F32;
    if (tensor.storage_type == "HalfStorage")
        return StoredType::F16;
    if (tensor.storage_type == "BFloat16Storage")
        return StoredType::BF16;
    throw Error(where + " is stored as torch." + tensor.storage_type
                + ", expected float32, float16 or bfloat16");
}

/// Row-major without gaps; the stride of a dimension of size 1 is never used.
bool is_contiguous(const PickledTensor& tensor)
{
    if (tensor.strides.size() != tensor.shape.size())
        return false;
    // Without elements no stride is used, and a product of the other sizes might overflow.
    if (std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end())
        return true;
    std::int64_t expected = 1;
    for (std::size_t i = tensor.shape.size(); i-- > 0;) {
        if (tensor.shape[i] != 1 && tensor.strides[i] != expected)
            return false;
        expected *= tensor.shape[i]; // the product of all was checked not to overflow
    }
    return true;
}

StoredTensor find_in_storage(const PickledTensor& pickled, Bytes storage, const std::string& where)
{
    StoredTensor tensor;
    tensor.type = type_of(pickled, where);
    tensor.shape = pickled.shape;
    tensor.size_bytes = checked_size_bytes(pickled.shape, tensor.type, where);
    const std::int64_t elements = static_cast<std::int64_t>(storage.size()) / bytes_of(tensor.type);
    if (pickled.storage_elements != elements || storage.size() % bytes_of(tensor.type) != 0)
        throw Error(where + " lies in a storage of " + std::to_string(storage.size())
                    + " bytes, expected " + std::to_string(pickled.storage_elements)
                    + " elements of " + name_of(tensor.type));
    if (pickled.offset < 0 || pickled.offset > elements
        || tensor.count() > elements - pickled.offset)
        throw Error(where + " has " + std::to_string(tensor.count()) + " elements from element "
                    + std::to_string(pickled.offset) + " on, but its storage has "
                    + std::to_string(elements));
    if (!is_contiguous(pickled))
        throw Error(where + " is not stored row by row, expected a contiguous tensor");
    tensor.data = storage.data() + pickled.offset * bytes_of(tensor.type);
    return tensor;
}

} // namespace

std::map<std::string, StoredTensor> read_torch_file(std::shared_ptr<const MappedFile> file)
{
    const std::string where = file->path().string();
    const ZipArchive archive(file);
    const std::string root = root_of(archive);
    if (archive.has(root + "byteorder") && text_of(archive.read(root + "byteorder")) != "little")
        throw Error(where + " was saved with byte order "
                    + in_quotes(text_of(archive.read(root + "byteorder")))
                    + ", expected \"little\"");
    std::map<std::string, StoredTensor> tensors;
    std::map<std::string, Bytes> storages; // each is read, and its CRC compared, once
    for (const PickledTensor& pickled :
         read_torch_pickle(text_of(archive.read(root + "data.pkl")), where)) {
        auto storage = storages.find(pickled.storage_key);
        if (storage == storages.end())
            storage = storages
                          .emplace(pickled.storage_key,
                                   archive.read(root + "data/" + pickled.storage_key))
                          .first;
        StoredTensor tensor
            = find_in_storage(pickled, storage->second, where + ": tensor " + pickled.name);
        tensor.file = file;
        tensors.emplace(pickled.name, std::move(tensor));
    }
    return tensors;
}

} // namespace matmamba
