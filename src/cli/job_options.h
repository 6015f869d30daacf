// What --job NAME means: migrate and plan share it.
#pragma once

#include <string>

#include "cli/session.h"

namespace sluice {

// [jobs.NAME] of the configuration, under what else was typed. Errors: kNotFound, kInvalid.
Result<MigrateOptions> job_options(const Session& session, const std::string& name,
                                   const MigrateOptions& typed);

}  // namespace sluice
