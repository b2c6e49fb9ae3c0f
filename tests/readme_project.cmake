# Builds README's "Use it as a library" as a reader would: installs the build tree into a new folder,
# takes the section's two texts as they stand, configures, builds and runs them there, and compares
# what the program prints. Run by ctest: cmake -DREADME=… -DBUILD=… -DWORK=… -DCOMPILER=… -P.

function(run what)
    execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE out ERROR_VARIABLE out RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "${what} failed (${failed}):\n${out}")
    endif()
    set(printed "${out}" PARENT_SCOPE)
endfunction()

# The text of the section's only fence of one language.
function(take_fence result language)
    string(FIND "${section}" "\n```${language}\n" begin)
    string(FIND "${section}" "\n```${language}\n" last REVERSE)
    if(begin EQUAL -1 OR NOT begin EQUAL last)
        message(FATAL_ERROR "${README}: expected one \"```${language}\" in the section on the library")
    endif()
    string(LENGTH "\n```${language}\n" opening)
    math(EXPR begin "${begin} + ${opening}")
    string(SUBSTRING "${section}" ${begin} -1 text)
    string(FIND "${text}" "\n```\n" end)
    string(SUBSTRING "${text}" 0 ${end} text)
    set(${result} "${text}\n" PARENT_SCOPE)
endfunction()

file(READ "${README}" section)
string(FIND "${section}" "\n## Use it as a library\n" begin)
if(begin EQUAL -1)
    message(FATAL_ERROR "${README} has no section \"Use it as a library\"")
endif()
math(EXPR begin "${begin} + 1")
string(SUBSTRING "${section}" ${begin} -1 section)
string(FIND "${section}" "\n## " end)
string(SUBSTRING "${section}" 0 ${end} section)
take_fence(cmake_text cmake)
take_fence(cpp_text cpp)

file(REMOVE_RECURSE "${WORK}")
file(WRITE "${WORK}/project/CMakeLists.txt" "${cmake_text}")
file(WRITE "${WORK}/project/example.cpp" "${cpp_text}")
run("Installing" "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/installed")
run("Configuring" "${CMAKE_COMMAND}" -S "${WORK}/project" -B "${WORK}/build"
    "-DCMAKE_PREFIX_PATH=${WORK}/installed" "-DCMAKE_CXX_COMPILER=${COMPILER}"
    -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror")
run("Building" "${CMAKE_COMMAND}" --build "${WORK}/build")
run("Running the example" "${WORK}/build/example")
message(STATUS "The example prints:\n${printed}")
foreach(line
        "block [8, 1024, 512]" "block, mrl_level 2 [8, 1024, 512]"
        "block, mixnmatch_dims 64 [8, 1024, 512]" "vision [8, 1000]" "vision, mrl_level 8 [8, 1000]"
        "language [8, 1024, 50280]" "trained 48,5,32,32,32,32,32,32 [1, 24]"
        "64 heads, loss 5." "8 heads, loss 5.")
    string(FIND "${printed}" "${line}" found)
    if(found EQUAL -1)
        message(FATAL_ERROR "The example did not print \"${line}\"")
    endif()
endforeach()
file(REMOVE_RECURSE "${WORK}")
