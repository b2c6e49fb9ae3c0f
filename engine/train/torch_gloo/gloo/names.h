// Stand-ins for gloo's headers, which Torch's package leaves out although its own
// ProcessGroupGloo.hpp includes them: the names that header mentions. Gloo itself is inside
// libtorch_cpu; nothing here is constructed, derived objects are made and destroyed there.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace gloo
{

class Context
{
public:
    std::chrono::milliseconds getTimeout() const; ///< of libtorch_cpu; never called from here
    void setTimeout(std::chrono::milliseconds timeout);
};

namespace rendezvous
{

class Store
{
public:
    virtual ~Store() = default;
    virtual void set(const std::string& key, const std::vector<char>& value) = 0;
    virtual std::vector<char> get(const std::string& key) = 0;
    virtual void wait(const std::vector<std::string>& keys) = 0;
    virtual void wait(const std::vector<std::string>& keys, const std::chrono::milliseconds&) = 0;
};

} // namespace rendezvous

namespace transport
{

class Device;

class UnboundBuffer
{
public:
    virtual ~UnboundBuffer() = default;
};

} // namespace transport

} // namespace gloo
