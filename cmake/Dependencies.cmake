# The libraries, all of them Debian 12 packages (packages.txt) but libosmium, which script/setup
# unpacks into .deps/ because its package conflicts with libboost1.81-dev.
find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(simdjson REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)
find_package(benchmark REQUIRED)
find_package(EXPAT REQUIRED)
find_package(ZLIB REQUIRED)
find_package(BZip2 REQUIRED)

# ThreadSanitizer must see all of the logger: what an uninstrumented library does to a reference count
# looks like a race to it.
add_library(herd_spdlog INTERFACE)
if(HERD_SANITIZE MATCHES thread)
  target_link_libraries(herd_spdlog INTERFACE spdlog::spdlog_header_only)
else()
  target_link_libraries(herd_spdlog INTERFACE spdlog::spdlog)
endif()

find_library(HERD_S2 s2 REQUIRED)
add_library(herd_s2 INTERFACE)
target_link_libraries(herd_s2 INTERFACE ${HERD_S2} OpenSSL::Crypto Threads::Threads)

# Not by find_package: the package's configuration looks for all that RocksDB itself was built with.
find_library(HERD_ROCKSDB rocksdb REQUIRED)
find_path(HERD_ROCKSDB_INCLUDE rocksdb/db.h REQUIRED)
add_library(herd_rocksdb INTERFACE)
target_include_directories(herd_rocksdb SYSTEM INTERFACE ${HERD_ROCKSDB_INCLUDE})
target_link_libraries(herd_rocksdb INTERFACE ${HERD_ROCKSDB})

find_library(HERD_SODIUM sodium REQUIRED)
find_path(HERD_SODIUM_INCLUDE sodium.h REQUIRED)
add_library(herd_sodium INTERFACE)
target_include_directories(herd_sodium SYSTEM INTERFACE ${HERD_SODIUM_INCLUDE})
target_link_libraries(herd_sodium INTERFACE ${HERD_SODIUM})

# Asio is compiled once, in src/net/asio.cc, not in every file that includes it.
add_library(herd_asio INTERFACE)
target_link_libraries(herd_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(herd_asio INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)

find_path(HERD_OSMIUM_INCLUDE osmium/version.hpp PATHS ${CMAKE_SOURCE_DIR}/.deps/libosmium/usr/include
          NO_DEFAULT_PATH REQUIRED)
find_path(HERD_PROTOZERO_INCLUDE protozero/version.hpp REQUIRED)
add_library(herd_osmium INTERFACE)
target_include_directories(herd_osmium SYSTEM INTERFACE ${HERD_OSMIUM_INCLUDE} ${HERD_PROTOZERO_INCLUDE})
target_link_libraries(herd_osmium INTERFACE Boost::headers EXPAT::EXPAT ZLIB::ZLIB BZip2::BZip2
                                            Threads::Threads)

find_path(HERD_CLI11_INCLUDE CLI/CLI.hpp REQUIRED)
add_library(herd_cli11 INTERFACE)
target_include_directories(herd_cli11 SYSTEM INTERFACE ${HERD_CLI11_INCLUDE})
