#!/usr/bin/env node
process.stdout.write('drover\n');
