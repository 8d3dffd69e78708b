# SPDX-License-Identifier: MIT
# What both libraries are built and installed with.

# While a minor release may change the interface, it is a library of its own:
# what was linked with one does not load the other.
set(HP_SOVERSION ${PROJECT_VERSION_MAJOR})
if(PROJECT_VERSION_MAJOR EQUAL 0)
	set(HP_SOVERSION 0.${PROJECT_VERSION_MINOR})
endif()

# hp_objects(TARGET SOURCE...): the code of a library or program, compiled once
# for all that are made of it. Headers are named from lib/ on.
function(hp_objects target)
	add_library(${target} OBJECT ${ARGN})
	set_target_properties(${target} PROPERTIES
		C_VISIBILITY_PRESET hidden
		POSITION_INDEPENDENT_CODE ON)
	target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
	target_compile_options(${target} PRIVATE -Wshadow -Wstrict-prototypes)
	target_include_directories(${target} PRIVATE
		${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/lib)
endfunction()

# hp_library(TARGET NAME MAP OBJECTS...): lib<NAME>.so, and lib<NAME>.a as
# TARGET_static, in which no name is global that the shared one does not export.
function(hp_library target name map)
	set(objects)
	foreach(object ${ARGN})
		list(APPEND objects $<TARGET_OBJECTS:${object}>)
	endforeach()

	add_library(${target} SHARED ${objects})
	set_target_properties(${target} PROPERTIES
		LINKER_LANGUAGE C
		OUTPUT_NAME ${name}
		VERSION ${PROJECT_VERSION}
		SOVERSION ${HP_SOVERSION}
		LINK_DEPENDS ${map})
	target_link_options(${target} PRIVATE -Wl,--version-script=${map})
	if(NOT HP_SANITIZE)
		# With the sanitizers the executable brings their symbols.
		target_link_options(${target} PRIVATE -Wl,--no-undefined)
	endif()

	# One object of all, in which what is hidden becomes local.
	set(whole ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
	add_custom_command(OUTPUT ${whole}
		COMMAND ${CMAKE_LINKER} -r -o ${whole} ${objects}
		COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${whole}
		DEPENDS ${objects}
		COMMAND_EXPAND_LISTS
		VERBATIM)
	add_library(${target}_static STATIC ${whole})
	add_dependencies(${target}_static ${ARGN})
	set_target_properties(${target}_static PROPERTIES
		LINKER_LANGUAGE C
		OUTPUT_NAME ${name})

	foreach(kind ${target} ${target}_static)
		add_library(hugepersist::${kind} ALIAS ${kind})
		target_include_directories(${kind} INTERFACE
			$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
			$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
	endforeach()
endfunction()

# Relative to the .pc file, so that a tree can be installed elsewhere than it
# was configured for and be moved.
set(HP_PC_DIR ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
	set(HP_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
	set(HP_PC_LIBDIR ${CMAKE_INSTALL_LIBDIR})
else()
	file(RELATIVE_PATH up /prefix/${HP_PC_DIR} /prefix)
	string(REGEX REPLACE "/$" "" up "${up}")
	set(HP_PC_PREFIX "\${pcfiledir}/${up}")
	set(HP_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE ${CMAKE_INSTALL_INCLUDEDIR})
	set(HP_PC_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})
else()
	set(HP_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()

# hp_install(TARGET NAME HEADER): shared and static library, header, pkg-config
# file. They are export sets of their own: a consumer without what the static
# one needs can have the shared one.
function(hp_install target name header)
	install(TARGETS ${target} EXPORT ${name}-shared
		LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
	install(TARGETS ${target}_static EXPORT ${name}-static
		ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
	install(FILES ${PROJECT_SOURCE_DIR}/include/hugepersist/${header}
		DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/hugepersist)
	foreach(kind shared static)
		install(EXPORT ${name}-${kind} NAMESPACE hugepersist::
			DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/hugepersist)
	endforeach()
	configure_file(${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in
		${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
	install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${HP_PC_DIR})
endfunction()
