# The page is built with everything; the program runs with production dependencies alone, as a user without rights.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The image has Node already; the packaged one would outweigh all the rest.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && rm -rf node_modules/node-* node_modules/.bin/node

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production ASSAY_HOST=0.0.0.0 ASSAY_DATA=/data
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/node_modules/.cache/assay node_modules/.cache/assay
COPY --from=build /app/package.json package.json
COPY --from=build /app/bin bin
COPY --from=build /app/bff bff
COPY --from=build /app/web/dist web/dist
RUN install -d -o node -g node /data
USER node
VOLUME /data
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "bin/healthy.ts"]
ENTRYPOINT ["node", "bin/assay"]
CMD ["serve"]
