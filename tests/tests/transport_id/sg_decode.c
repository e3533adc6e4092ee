// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads TransportIDs in hexadecimal, one on each line, and writes the text of
 * sg3_utils for each, followed by a line of dashes.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <scsi/sg_lib.h>

int main(void)
{
	char line[1024];

	while (fgets(line, sizeof(line), stdin)) {
		uint8_t id[sizeof(line) / 2];
		char text[4096];
		int len = 0;

		while (sscanf(line + 2 * len, "%2hhx", &id[len]) == 1)
			len++;
		fputs(sg_decode_transportid_str("", id, len, true, sizeof(text), text), stdout);
		puts("--");
	}
	return 0;
}
