# Run by `cmake --install` (Install.cmake): has `program` print its man page and completions to the folder `described`,
# and installs them.
function(install_described what file)
  get_filename_component(folder ${file} DIRECTORY)
  get_filename_component(name ${file} NAME)
  set(printed ${described}/${what})
  file(MAKE_DIRECTORY ${printed})
  execute_process(COMMAND ${program} describe ${what} OUTPUT_FILE ${printed}/${name} COMMAND_ERROR_IS_FATAL ANY)
  file(INSTALL ${printed}/${name} DESTINATION ${CMAKE_INSTALL_PREFIX}/${folder})
endfunction()

# Debian's zsh looks for the functions of packages in a folder of another name.
set(zsh_functions site-functions)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr" AND EXISTS /etc/debian_version)
  set(zsh_functions vendor-completions)
endif()

install_described(man share/man/man1/noisefloor.1)
install_described(bash share/bash-completion/completions/noisefloor)
install_described(zsh share/zsh/${zsh_functions}/_noisefloor)
