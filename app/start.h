// What a started program and the shared object with all its code agree on; see start.cpp.
#pragma once

/// The program proper: runs it to its end and returns its exit code. Called once, on the main
/// thread, after the process is set up.
extern "C" int matmamba_main(int argc, char** argv);
