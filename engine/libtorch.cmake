# LibTorch as an imported target, straight from the Python package's folder. Torch's own CMake
# package insists on a CUDA toolkit even where only its CPU library is wanted, so it is not used.
set(MATMAMBA_TORCH "${MATMAMBA_DEPS}/torch" CACHE PATH "Folder of LibTorch: include/ and lib/")
if(NOT EXISTS "${MATMAMBA_TORCH}/lib/libtorch_cpu.so")
    message(FATAL_ERROR "LibTorch was not found in ${MATMAMBA_TORCH}: run scripts/setup_env.sh, "
                        "or set MATMAMBA_DEPS or MATMAMBA_TORCH")
endif()

add_library(libtorch INTERFACE)
target_include_directories(libtorch SYSTEM INTERFACE
    "${MATMAMBA_TORCH}/include" "${MATMAMBA_TORCH}/include/torch/csrc/api/include")
target_link_libraries(libtorch INTERFACE
    "${MATMAMBA_TORCH}/lib/libtorch_cpu.so" "${MATMAMBA_TORCH}/lib/libc10.so")
if(MATMAMBA_WITH_CUDA)
    find_package(CUDAToolkit REQUIRED)
    target_include_directories(libtorch SYSTEM INTERFACE ${CUDAToolkit_INCLUDE_DIRS})
    target_compile_definitions(libtorch INTERFACE MATMAMBA_WITH_CUDA)
    # Nothing refers to libtorch_cuda by name: it registers its kernels when it is loaded.
    target_link_libraries(libtorch INTERFACE
        "-Wl,--no-as-needed,${MATMAMBA_TORCH}/lib/libtorch_cuda.so,--as-needed"
        "${MATMAMBA_TORCH}/lib/libc10_cuda.so" CUDA::cudart)
endif()
