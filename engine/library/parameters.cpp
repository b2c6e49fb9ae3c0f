// See the header.
#include "engine/library/parameters.h"

#include <limits>

namespace matmamba
{

std::string text_of(at::IntArrayRef shape)
{
    std::string text = "(";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + ")";
}

void check_config(const ModelConfig& config, const std::string& where)
{
    parse_config(write_config(config), where); // the reader knows every limit
}

std::uint64_t next_seed()
{
    const at::Tensor drawn
        = at::randint(std::numeric_limits<std::int64_t>::max(), {1}, at::dtype(at::kLong));
    return static_cast<std::uint64_t>(drawn.item<std::int64_t>());
}

at::Tensor parameter_of(const NamedTensors& parameters, const TensorSpec& spec)
{
    const auto found = parameters.find(spec.name);
    if (found == parameters.end())
        throw Error("There is no parameter " + spec.name + ", expected one of shape "
                    + text_of(spec.shape));
    const at::Tensor& tensor = found->second;
    if (tensor.sizes() != at::IntArrayRef(spec.shape))
        throw Error("Parameter " + spec.name + " has shape " + text_of(tensor.sizes())
                    + ", expected " + text_of(spec.shape));
    if (!tensor.is_floating_point())
        throw Error("Parameter " + spec.name + " has type " + c10::toString(tensor.scalar_type())
                    + ", expected a floating type");
    return tensor.detach();
}

NamedTensors parameters_of(const torch::nn::Module& module)
{
    NamedTensors parameters;
    for (const auto& parameter : module.named_parameters())
        parameters[parameter.key()] = parameter.value();
    return parameters;
}

NamedTensors below(const std::string& prefix, const NamedTensors& all)
{
    NamedTensors inside;
    for (const auto& [name, tensor] : all)
        if (name.starts_with(prefix))
            inside[name.substr(prefix.size())] = tensor;
    return inside;
}

torch::nn::Module& module_at(torch::nn::Module& root, const std::string& path)
{
    const std::size_t dot = path.find('.');
    const std::string first = path.substr(0, dot);
    const auto children = root.named_children();
    const std::shared_ptr<torch::nn::Module>* found = children.find(first);
    torch::nn::Module& child
        = found ? **found : *root.register_module(first, std::make_shared<torch::nn::Module>());
    return dot == std::string::npos ? child : module_at(child, path.substr(dot + 1));
}

void register_by_name(torch::nn::Module& root, const std::string& name, const at::Tensor& value)
{
    const std::size_t dot = name.rfind('.');
    torch::nn::Module& owner
        = dot == std::string::npos ? root : module_at(root, name.substr(0, dot));
    owner.register_parameter(dot == std::string::npos ? name : name.substr(dot + 1), value);
}

} // namespace matmamba
