// The options of each command, for parse_arguments.cc. Only it and the files define_*_options.cc
// see CLI11, which is slow to compile.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/arguments.h"

namespace sluice {

// Adds all commands and options to `app`; what is parsed goes to `arguments`, which has to outlive
// it. An option of a later release throws LaterFeature.
void define_grammar(CLI::App& app, Arguments& arguments);

// The command of a name in `app`, "lake files" too. Requires: it is defined.
CLI::App& command_app(CLI::App& app, const std::string& name);

// Thrown through CLI11 by an option that this release does not have.
struct LaterFeature {
  std::string name;
};

// connect and backup: define_admin_options.cc.
void define_admin(CLI::App& app, Arguments& arguments);
// catalog: define_catalog_options.cc.
void define_catalog(CLI::App& app, Arguments& arguments);
// follow: define_follow_options.cc.
void define_follow(CLI::App& app, Arguments& arguments);
// lake: define_lake_options.cc.
void define_lake(CLI::App& app, Arguments& arguments);
void define_lake_upkeep(CLI::App& app, Arguments& arguments);
// evolve: define_evolve_options.cc.
void define_evolve(CLI::App& app, Arguments& arguments);

}  // namespace sluice
