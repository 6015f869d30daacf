// The engine's own way to S3 (its extension httpfs), by the settings that sluice's store has.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/engine.h"
#include "model/s3_place.h"
#include "model/s3_settings.h"

namespace sluice {

// Loads httpfs and gives the engine a temporary secret, by which all of its connections reach
// `place` and what is below it until the engine closes. A second call for the same place replaces
// the first one's. Requires: settings.has_keys().
// Errors: kNotFound where the extension is not there.
Status allow_s3(Engine& engine, const S3Place& place, const S3Settings& settings);

// The name of that secret, the same for the same place.
std::string s3_secret_name(const S3Place& place);

}  // namespace sluice
