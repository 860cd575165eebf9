import { z } from 'zod';

/** Whether a value from `JSON.parse` matches a schema. */
type Check = (value: unknown) => boolean;

/**
 * A fast check that avoids the copy `parse` makes: true only when `parse` would return the value unchanged. After
 * false, ask the schema.
 */
export function structuralCheck(schema: z.core.$ZodType): Check {
  if (schema instanceof z.ZodOptional) {
    const check = structuralCheck(schema.unwrap());
    return (value) => value === undefined || check(value);
  }
  if (schema instanceof z.ZodObject) return object(schema.shape);
  if (schema instanceof z.ZodRecord) return record(structuralCheck(schema.valueType));
  if (schema instanceof z.ZodArray && !schema.def.checks) {
    const check = structuralCheck(schema.element);
    return (value) => Array.isArray(value) && value.every(check);
  }
  if (schema instanceof z.ZodString && !schema.def.checks) return (value) => typeof value === 'string';
  if (schema instanceof z.ZodISODateTime) {
    const { pattern } = schema.def;
    return (value) => typeof value === 'string' && pattern !== undefined && pattern.test(value);
  }
  if (schema instanceof z.ZodBoolean) return (value) => typeof value === 'boolean';
  if (schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral) {
    const values = new Set<unknown>(schema instanceof z.ZodEnum ? schema.options : schema.values);
    return (value) => values.has(value);
  }
  if (schema instanceof z.ZodCustom && schema.def.fn.length === 0) return () => true;
  // These neither copy nor change what they read.
  if (schema instanceof z.ZodNumber) return (value) => schema.safeParse(value).success;
  return () => false;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Refuses fields that the shape does not have, since `parse` drops them. */
function object(shape: Readonly<Record<string, z.core.$ZodType>>): Check {
  const checks = new Map(Object.entries(shape).map(([name, schema]) => [name, structuralCheck(schema)]));
  const required = Object.keys(shape).filter((name) => !(shape[name] instanceof z.ZodOptional));
  return (value) => {
    if (!isObject(value)) return false;
    for (const name in value) if (!checks.get(name)?.(value[name])) return false;
    return required.every((name) => value[name] !== undefined);
  };
}

/** `parse` drops a key that would be taken for the prototype. */
const record =
  (check: Check): Check =>
  (value) => {
    if (!isObject(value)) return false;
    for (const name in value) if (name === '__proto__' || !check(value[name])) return false;
    return true;
  };
