# Builds a database of file types of the project's alone and looks the type up in it.
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER}/packages)
file(COPY_FILE ${TYPES} ${FOLDER}/packages/org.matmamba.Explorer.xml)
execute_process(COMMAND ${UPDATE_MIME_DATABASE} ${FOLDER} ERROR_VARIABLE said RESULT_VARIABLE code)
file(STRINGS ${FOLDER}/globs2 globs)
if(NOT code EQUAL 0 OR said MATCHES "rror|arning" OR NOT globs MATCHES
    "application/x-matmamba-project:\\*.matmamba")
    message(FATAL_ERROR "${TYPES} is not taken in (${code}): ${said} ${globs}")
endif()
