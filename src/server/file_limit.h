#pragma once

#include <cstddef>

namespace herd::server {

// Raises this process's limit on open files as far as the system allows, and returns how many
// clients that leaves room for, beside what the server itself keeps open.
std::size_t RaiseFileLimit();

}  // namespace herd::server
