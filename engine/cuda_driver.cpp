// See the header.
#include "engine/cuda_driver.h"

namespace matmamba
{

namespace
{

std::string version_text(int version)
{
    return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

} // namespace

std::string too_old_driver(int driver, int runtime)
{
    if (driver <= 0 || driver >= runtime)
        return "";
    return "The NVIDIA driver is made for CUDA " + version_text(driver)
        + ", but this program needs one for CUDA " + version_text(runtime) + " or newer";
}

} // namespace matmamba
