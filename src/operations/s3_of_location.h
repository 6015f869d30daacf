// The settings by which a location's place on S3 is reached.
#pragma once

#include "base/result.h"
#include "config/config.h"
#include "model/location.h"
#include "model/s3_settings.h"

namespace sluice {

// The location's parameters endpoint, region, url_style and profile go before [s3] of sluice.toml,
// that before the environment and Amazon's files (store/find_s3_settings.h). A profile that a
// location names goes before the keys of sluice.toml.
Result<S3Settings> s3_settings_of(const Location& location, const Config& config);

}  // namespace sluice
