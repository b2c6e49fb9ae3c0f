// See the header. OpenSSL's implementation uses the processor's own instructions.
#include "engine/files/sha256.h"

#include <openssl/evp.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "engine/error.h"

namespace matmamba
{

namespace
{

using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

void require(int succeeded)
{
    if (succeeded != 1)
        throw Error("OpenSSL has no SHA-256 here: its installation or configuration is damaged");
}

void add_file(EVP_MD_CTX* digest, const std::filesystem::path& file,
              const std::function<void()>& tick)
{
    const auto refuse = [&] {
        throw Error("Cannot read " + file.string() + ": " + std::generic_category().message(errno));
    };
    const std::unique_ptr<std::FILE, decltype(&std::fclose)> stream(std::fopen(file.c_str(), "rb"),
                                                                    &std::fclose);
    if (!stream)
        refuse();
    std::vector<char> piece(std::size_t{4} << 20);
    while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), stream.get())) {
        require(EVP_DigestUpdate(digest, piece.data(), n));
        if (tick)
            tick();
    }
    if (std::ferror(stream.get()))
        refuse();
}

} // namespace

std::string sha256_of_files(const std::vector<std::filesystem::path>& files,
                            const std::function<void()>& tick)
{
    const Digest digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    require(EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr));
    for (const std::filesystem::path& file : files)
        add_file(digest.get(), file, tick);
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    require(EVP_DigestFinal_ex(digest.get(), bytes, &size));
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", unsigned{bytes[i]});
        text += digits;
    }
    return text;
}

} // namespace matmamba
