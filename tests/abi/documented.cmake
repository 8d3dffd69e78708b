# SPDX-License-Identifier: MIT
# cmake -DAWK= -DSCRIPTS= -DHEADERS= -DOUTPUT= -P documented.cmake
set(command ${AWK})
foreach(script ${SCRIPTS})
	list(APPEND command -f ${script})
endforeach()
execute_process(COMMAND ${command} ${HEADERS}
	OUTPUT_FILE ${OUTPUT}.part RESULT_VARIABLE failed)
if(failed)
	message(FATAL_ERROR "${OUTPUT} cannot be made, see above.")
endif()
file(RENAME ${OUTPUT}.part ${OUTPUT})
