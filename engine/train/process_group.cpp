// See the header.
#include "engine/train/process_group.h"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "engine/error.h"

namespace matmamba
{

namespace
{

constexpr std::chrono::minutes kPatience{5};
constexpr std::chrono::hours kPatienceWithFirst{48}; ///< it is noticed at once if it ends

std::optional<int> number_from_environment(const char* name, int least)
{
    const char* text = std::getenv(name);
    if (!text)
        return {};
    int value = 0;
    const char* end = text + std::strlen(text);
    const auto [stopped, error] = std::from_chars(text, end, value);
    if (error != std::errc() || stopped != end || value < least)
        throw Error(std::string("The environment variable ") + name + " is \"" + text
                    + "\", expected a whole number of " + std::to_string(least) + " or more");
    return value;
}

int number_of(const char* torchrun, const char* mpirun, int least, int otherwise)
{
    if (const auto value = number_from_environment(torchrun, least))
        return *value;
    return number_from_environment(mpirun, least).value_or(otherwise);
}

} // namespace

ProcessPlace place_among_processes()
{
    ProcessPlace place;
    place.size = number_of("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", 1, 1);
    place.rank = number_of("RANK", "OMPI_COMM_WORLD_RANK", 0, 0);
    place.local_rank = number_of("LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", 0, 0);
    if (place.rank >= place.size)
        throw Error("This process's rank is " + std::to_string(place.rank)
                    + ", expected one below the number of processes, "
                    + std::to_string(place.size));
    return place;
}

struct ProcessGroup::Connection {
    c10::intrusive_ptr<c10d::TCPStore> store; ///< the first process serves it
    c10::intrusive_ptr<c10d::Backend> backend;

    void sum(at::Tensor& tensor)
    {
        std::vector<at::Tensor> tensors{tensor};
        backend->allreduce(tensors)->wait();
    }
};

ProcessGroup::ProcessGroup(const ProcessPlace& place, at::Device device)
    : m_connection(std::make_unique<Connection>())
    , m_device(device)
    , m_size(place.size)
    , m_rank(place.rank)
{
    const char* address = std::getenv("MASTER_ADDR");
    const std::string host = address ? address : "127.0.0.1";
    const int port = number_from_environment("MASTER_PORT", 1).value_or(29500);
    try {
        c10d::TCPStoreOptions options;
        options.port = static_cast<std::uint16_t>(port);
        options.isServer = place.rank == 0;
        options.numWorkers = place.size;
        options.timeout = kPatience;
        const auto store = c10::make_intrusive<c10d::TCPStore>(host, options);
        m_connection->store = store;
        if (device.is_cpu()) {
            const auto gloo = c10d::ProcessGroupGloo::Options::create(kPatience);
            gloo->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(host));
            m_connection->backend
                = c10::make_intrusive<c10d::ProcessGroupGloo>(store, place.rank, place.size, gloo);
            return;
        }
#ifdef USE_C10D_NCCL
        m_connection->backend
            = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, place.rank, place.size);
#else
        throw Error("This build has no NCCL to train on several cards: expected nccl.h when it was "
                    "configured (scripts/setup_env.sh installs it on a machine with a card)");
#endif
    } catch (const c10::Error& error) {
        const std::string text = error.what_without_backtrace();
        throw Error("The " + std::to_string(place.size) + " training processes did not meet at "
                    + host + ":" + std::to_string(port) + ": " + text.substr(0, text.find('\n')));
    }
}

ProcessGroup::~ProcessGroup()
{
    try {
        m_connection->backend->shutdown(); // else NCCL remarks on stderr that nobody did
    } catch (const std::exception&) {
        // The other processes may be gone already; there is nothing left to do for this one.
    }
}

void ProcessGroup::average(std::vector<at::Tensor>& tensors)
{
    std::vector<at::Tensor> flat;
    for (const at::Tensor& tensor : tensors)
        flat.push_back(tensor.flatten());
    at::Tensor all = at::cat(flat);
    m_connection->sum(all);
    all /= m_size;
    std::int64_t begin = 0;
    for (at::Tensor& tensor : tensors) {
        tensor.copy_(all.slice(0, begin, begin + tensor.numel()).view_as(tensor));
        begin += tensor.numel();
    }
}

void ProcessGroup::follow_first()
{
    const std::string key = "the first process is ready";
    if (m_rank == 0)
        return m_connection->store->set(key, std::vector<std::uint8_t>{1});
    try {
        m_connection->store->wait({key}, kPatienceWithFirst);
    } catch (const c10::Error&) {
        throw Error("The first training process has ended before its data were open: what it says "
                    "is the reason");
    }
}

bool ProcessGroup::any(bool value)
{
    at::Tensor flag = at::full({1}, value ? 1 : 0, at::device(m_device).dtype(at::kFloat));
    m_connection->sum(flag);
    return flag.item<float>() > 0;
}

} // namespace matmamba
