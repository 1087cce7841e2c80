/*
 * signature.c -- HMAC-SHA1 (RFC 2104) on APR's SHA-1.
 */
#include "apr_general.h"
#include "apr_pools.h"
#include "apr_sha1.h"
#include "mod_wasm.h"

#define BLOCK 64

/* H((key xor pad) text) */
static void pass(unsigned char digest[APR_SHA1_DIGESTSIZE],
                 const unsigned char key[BLOCK], unsigned char pad,
                 const void *text, apr_size_t length)
{
    apr_sha1_ctx_t context;
    unsigned char block[BLOCK];
    int i;

    for (i = 0; i < BLOCK; i++)
        block[i] = key[i] ^ pad;
    apr_sha1_init(&context);
    apr_sha1_update_binary(&context, block, BLOCK);
    apr_sha1_update_binary(&context, text, (unsigned int)length);
    apr_sha1_final(digest, &context);
}

/* The MAC of text as 40 lower-case hex characters, from pool p. */
const char *wasm_hmac_sha1(apr_pool_t *p, const char *key,
                           apr_size_t key_length, const char *text,
                           apr_size_t text_length)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char padded[BLOCK] = {0};
    unsigned char digest[APR_SHA1_DIGESTSIZE];
    char *out = apr_palloc(p, 2 * APR_SHA1_DIGESTSIZE + 1);
    int i;

    if (key_length > BLOCK) {
        apr_sha1_ctx_t context;

        apr_sha1_init(&context);
        apr_sha1_update_binary(&context, (const unsigned char *)key,
                               (unsigned int)key_length);
        apr_sha1_final(padded, &context);
    }
    else {
        memcpy(padded, key, key_length);
    }
    pass(digest, padded, 0x36, text, text_length);
    pass(digest, padded, 0x5c, digest, sizeof(digest));
    for (i = 0; i < APR_SHA1_DIGESTSIZE; i++) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[2 * APR_SHA1_DIGESTSIZE] = '\0';
    return out;
}
